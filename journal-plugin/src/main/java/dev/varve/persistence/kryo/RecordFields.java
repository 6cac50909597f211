package dev.varve.persistence.kryo;

import com.esotericsoftware.kryo.KryoException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The components of a record. One that was not stored is what its type begins as: null, 0 or false. */
final class RecordFields implements FieldAccess {
    private final Class<?> type;
    private final RecordComponent[] components;
    private final Object[] absent;
    private final Map<String, Integer> indexes = new HashMap<>();
    private final Constructor<?> constructor;

    RecordFields(Class<?> type) {
        this.type = type;
        this.components = type.getRecordComponents();
        this.absent = new Object[components.length];
        try {
            constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type + " without its constructor", e);
        }
        constructor.setAccessible(true);
        for (int i = 0; i < components.length; i++) {
            components[i].getAccessor().setAccessible(true);
            indexes.put(components[i].getName(), i);
            Class<?> component = components[i].getType();
            absent[i] = component.isPrimitive() ? Array.get(Array.newInstance(component, 1), 0) : null;
        }
    }

    @Override
    public int count() {
        return components.length;
    }

    @Override
    public String name(int index) {
        return components[index].getName();
    }

    @Override
    public Object get(int index, Object owner) {
        try {
            return components[index].getAccessor().invoke(owner);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new KryoException("reading " + name(index) + " of a " + type.getName(), e);
        }
    }

    @Override
    public int index(String name) {
        return indexes.getOrDefault(name, -1);
    }

    @Override
    public Object create(Object[] values, boolean[] isStored) {
        Object[] arguments = new Object[values.length];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = isStored[i] ? values[i] : absent[i];
        }
        try {
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            throw new KryoException(
                    "the constructor of " + type.getName() + " refused what is stored: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            throw new KryoException("what is stored does not fit " + type.getName() + " any more: " + e, e);
        }
    }
}
