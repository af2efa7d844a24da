"""What the measurements under load share: processes, servers, load, and the data they are asked for."""
