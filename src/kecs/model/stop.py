"""Why tasks end, in ECS's words: the stop codes, and the reasons that more than one place has to know."""

USER = "UserInitiated"
SCHEDULER = "ServiceSchedulerInitiated"
ESSENTIAL = "EssentialContainerExited"
NOT_STARTED = "TaskFailedToStart"
TERMINATION = "TerminationNotice"
SPOT = "SpotInterruption"

HEALTH_REASON = "Task failed container health checks"
USER_REASON = "Task stopped by user"
