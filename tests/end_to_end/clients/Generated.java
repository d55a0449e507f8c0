package javax.annotation;

/** Older than Java 11; what the generated code asks for, and a real project takes from a library. */
public @interface Generated {
  String[] value();

  String comments() default "";

  String date() default "";
}
