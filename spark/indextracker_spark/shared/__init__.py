"""What jobs of several subjects are made of; a subject's own functions stand in its folder."""
