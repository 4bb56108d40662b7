"""Diagrams of BPMN models (BPMNDI): read, check for readability, draw as SVG. Pure: bytes in, values or text out."""
