"""The service and the scan on many machines, with Ray. Needs the extra `cluster`.

    serve_app  the service on Ray Serve            scan  the bulk scan on Ray Data
       |                                             |
    networks   detector and validator as           (scan.crew on every node)
               deployments of their own

Nothing else in img_super imports Ray; `img-super scan --on-ray` imports this package on demand.
"""
