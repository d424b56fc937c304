"""Who answers: the scripted persona of a scenario, or the plain assistant of a client that brings none."""
