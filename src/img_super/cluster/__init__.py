"""The same service and the same scan on many machines, with Ray. Needs the extra `cluster`.

    serve_app  the service on Ray Serve            scan  the bulk scan on Ray Data
       |                                             |
    networks   detector and validator as           (scan.crew on every node)
               deployments of their own

Nothing else of img_super imports Ray; `img-super scan --on-ray` imports this room when it is asked to.
"""
