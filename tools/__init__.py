"""What `./run` hands over to: the commands of the project, not part of the application."""
