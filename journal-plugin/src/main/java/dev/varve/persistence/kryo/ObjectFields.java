package dev.varve.persistence.kryo;

import com.esotericsoftware.kryo.KryoException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of a class and of those that it extends, less the static and the transient ones. The class needs a constructor without
 * parameters, which may be private: a field that was not stored is as that leaves it.
 */
final class ObjectFields implements FieldAccess {
    private final Class<?> type;
    private final List<Field> fields = new ArrayList<>();
    private final Map<String, Integer> indexes = new HashMap<>();
    private final Constructor<?> constructor;

    ObjectFields(Class<?> type) {
        this.type = type;
        try {
            constructor = type.getDeclaredConstructor();
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(
                    type.getName() + " cannot be serialized by varve.kryo: it has no constructor"
                            + " without parameters (a private one will do); or make it a record",
                    e);
        }
        constructor.setAccessible(true);
        for (Class<?> owner = type; owner != Object.class; owner = owner.getSuperclass()) {
            for (Field field : owner.getDeclaredFields()) {
                add(field);
            }
        }
    }

    private void add(Field field) {
        if (Modifier.isStatic(field.getModifiers())
                || Modifier.isTransient(field.getModifiers())
                || field.isSynthetic()) {
            return;
        }
        if (indexes.putIfAbsent(field.getName(), fields.size()) != null) {
            throw new IllegalArgumentException(type.getName() + " and a class that it extends both have a field "
                    + field.getName() + "; varve.kryo tells fields by their names, rename one");
        }
        field.setAccessible(true);
        fields.add(field);
    }

    @Override
    public int count() {
        return fields.size();
    }

    @Override
    public String name(int index) {
        return fields.get(index).getName();
    }

    @Override
    public Object get(int index, Object owner) {
        try {
            return fields.get(index).get(owner);
        } catch (IllegalAccessException e) {
            throw new KryoException("reading " + name(index) + " of a " + type.getName(), e);
        }
    }

    @Override
    public int index(String name) {
        return indexes.getOrDefault(name, -1);
    }

    @Override
    public Object create(Object[] values, boolean[] isStored) {
        try {
            Object created = constructor.newInstance();
            for (int i = 0; i < values.length; i++) {
                if (isStored[i]) {
                    fields.get(i).set(created, values[i]);
                }
            }
            return created;
        } catch (ReflectiveOperationException | IllegalArgumentException | NullPointerException e) {
            throw new KryoException("what is stored does not fit " + type.getName() + " any more: " + e, e);
        }
    }
}
