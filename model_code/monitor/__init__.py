"""One window's drift job: reads captured requests and late outcomes once, says what changed, keeps what it must."""
