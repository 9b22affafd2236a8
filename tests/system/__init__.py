"""System tests: the finished board program against real servers and scripted faults."""
