"""What is done to every single event, as loops over arrays: compiled by Numba, so that an event costs nanoseconds and not a call.

Here are only numbers and bytes in numpy arrays: no names, no rules of the domain, no objects of Python. What the numbers mean is
told where they are called.
"""
