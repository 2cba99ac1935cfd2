"""Neural networks: modules, parameters, functional forms and initialisation."""
