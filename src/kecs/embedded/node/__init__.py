"""The node of the embedded cluster: a kubelet in small, and a client of the API like any other.

What belongs here: everything between a pod that is bound to the node and the containers that carry it out.

- Pure: `views` and what they are made of (what is read of a pod), `decide` (what to do next), `restarts` (restart
  policies and back-off), `status` (what a pod's status says), `environment`, `container` (what an engine is asked
  for), `script` (what a simulated container does).
- The engines behind one Protocol (`engine`): `docker` (the Docker API, by Docker or Podman) and `simulated` (with its
  `table`).
- Acting: `worker` (one pod), `node` (all of them), `images`, `volumes` and their `files`, `hosts`, `messages`,
  `prober`, `hooks`, `registration`, `recorder`, `door`.
- `build` makes a node over any API: the way in.

Elsewhere: which pod runs on which node (the scheduler among the controllers), and everything that knows ECS.
"""
