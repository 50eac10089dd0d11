"""The statistics, pure: no clock, no I/O, no asyncio, no Kafka. Time is data; same state and same chunk give same effects."""
