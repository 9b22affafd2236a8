"""What the system tests stand on: real servers, scripted ones, and the board under test.

Everything listens on 127.0.0.1, lives in one temporary folder per test, and is ended by
its process id when the test is over, whatever the outcome.
"""
