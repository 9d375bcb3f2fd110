/* The smallest native addon that shows a call, numbers, text and an error crossing the border. */
#include <node_api.h>
#include <stddef.h>

static napi_value add(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], sum;
  double a, b;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 2 ||
      napi_get_value_double(env, arguments[0], &a) != napi_ok ||
      napi_get_value_double(env, arguments[1], &b) != napi_ok) {
    napi_throw_type_error(env, NULL, "two numbers are wanted");
    return NULL;
  }
  return napi_create_double(env, a + b, &sum) == napi_ok ? sum : NULL;
}

NAPI_MODULE_INIT() {
  napi_value function, text;
  napi_create_function(env, "add", NAPI_AUTO_LENGTH, add, NULL, &function);
  napi_set_named_property(env, exports, "add", function);
  napi_create_string_utf8(env, "native", NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "kind", text);
  return exports;
}
