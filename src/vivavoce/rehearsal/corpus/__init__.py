"""What difficult learners say, whatever the lesson is about."""
