// Command definitions does nothing: the custom resources that its modules define are what it is for.
package main

func main() {}
