package dev.varve.cluster;

import java.lang.reflect.Proxy;
import java.util.function.Function;

/** What Ratis is asked through its interfaces, answered by a test. */
final class Proxies {
    private Proxies() {}

    /** @param answer is given the name of the method */
    static <T> T of(Class<T> type, Function<String, Object> answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> answer.apply(method.getName())));
    }
}
