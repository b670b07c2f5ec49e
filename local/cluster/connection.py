"""One HTTP connection to an API server, through its namespace's door where it has one."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from local.cluster import door
from local.cluster.kubeconfig import Kubeconfig


class Connection(http.client.HTTPSConnection):
    """An HTTPS connection to the server of a kubeconfig; `answered` says that it has served a request already."""

    def __init__(self, kubeconfig: Kubeconfig, context: ssl.SSLContext, timeout: float) -> None:
        address = urlsplit(kubeconfig.server)
        super().__init__(address.hostname or "", address.port or 443, timeout=timeout, context=context)
        self._kubeconfig, self._tls = kubeconfig, context
        self.answered = False

    def connect(self) -> None:
        """Open the connection. Raises OSError."""
        opened = self._open()
        try:
            self.sock = self._tls.wrap_socket(opened, server_hostname=self.host)
        except BaseException:
            opened.close()
            raise

    def _open(self) -> socket.socket:
        if self._kubeconfig.door:
            return door.connect(self._kubeconfig.door, self.port, self.timeout or 30)
        opened = socket.create_connection((self.host, self.port), self.timeout)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened
