"""What a lesson is: its model, how it is read, what a learner may see of it, and what the persona is told."""
