"""Tables that all subjects share: the logs of deliveries and of builds."""
