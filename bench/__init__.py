"""What `make bench` measures: our code beside the least any program on the same stack must do."""
