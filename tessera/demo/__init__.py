"""The main job as one command: servers, data, the loop through Airflow, and the table at its end."""
