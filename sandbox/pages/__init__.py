"""What people see of the simulator: marketplace, control panel and storefront. Nothing here computes money."""
