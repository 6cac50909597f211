package dev.varve.server.http;

/**
 * Where a server listens.
 *
 * @param host a name or an address, an IPv6 one without its brackets
 * @param port 0 for any that is free
 */
record HostAndPort(String host, int port) {

    /**
     * Takes {@code host:port} apart.
     *
     * @throws IllegalArgumentException if the text is not of that form
     */
    static HostAndPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        if (colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 0xFFFF) {
            throw new IllegalArgumentException("'" + text + "' is not host:port, such as 127.0.0.1:8080");
        }
        String host = text.substring(0, colon);
        boolean hasBrackets = host.startsWith("[") && host.endsWith("]");
        return new HostAndPort(hasBrackets ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port));
    }
}
