package dev.varve.persistence.kryo;

/** The fields of a class, by their names, and how a value is made of them. */
interface FieldAccess {
    int count();

    String name(int index);

    Object get(int index, Object owner);

    /** The place of a field; -1 if the class has no such field, any more or yet. */
    int index(String name);

    /**
     * A value with these fields.
     *
     * @param values of the fields that were stored
     * @param isStored which ones those are
     */
    Object create(Object[] values, boolean[] isStored);
}
