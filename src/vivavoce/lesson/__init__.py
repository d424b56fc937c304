"""What is taught and shown: transcript lines, grade, evidence, quiz, and the two tools over them."""
