#include "core/weights/pickle_holder.h"

#include <string.h>

#include "core/error.h"

/* Keys that an error lists, and bytes of each. */
#define LISTED_KEYS 8
#define LISTED_BYTES 40
/* Keys of a dict that is looked through for others: a checkpoint has a few, and under each may be the same long one. */
#define MAX_KEYS 1000
/* Entries of a dict of tensors, far above what is read. */
#define MAX_ENTRIES 200000

/* Where training scripts put the weights: an exponential moving average first, as it is what they evaluate. */
#define N_AVERAGES 6
static const char *const holders[] = {
  "model_ema", "state_dict_ema", "ema_state_dict", "params_ema", "ema_model", "ema", "state_dict", "model_state_dict",
  "model_state", "model", "net", "network", "weights", "params", "module", "student", "state"
};

#define N_HOLDERS G_N_ELEMENTS (holders)
/* MMEngine's hook swaps the two as it saves: the average is under `state_dict` there, the other under this. Its
 * checkpoints are told by their message hub. */
#define SWAPPED "ema_state_dict"
#define SWAPPER "message_hub"

gboolean
cnx_pickled_is_tensor (const CnxPickledValue * value)
{
  return value->kind == CNX_PICKLED_TENSOR
      || (value->kind == CNX_PICKLED_OBJECT && value->class && value->class->role == CNX_PICKLE_ODD_TENSOR);
}

/* Tensors of no dimension are counters, or an average's decay. */
static gboolean
is_scalar (const CnxPickle * pickle, const CnxPickledValue * value)
{
  const CnxPickledValue *dims = value->kind == CNX_PICKLED_TENSOR
      ? cnx_pickle_item (pickle, value, CNX_TENSOR_DIMS) : NULL;

  return dims && dims->kind == CNX_PICKLED_TUPLE && dims->count == 0;
}

/* What is known of each value. A dict may be under any number of keys, of any number of dicts, and is gone through for
 * tensors once. */
typedef struct
{
  const CnxPickle *pickle;
  gint8 *has_tensors;           /* of each value: 0 where that is not known, -1: no, 1: yes */
  gsize steps;
} Search;

static gboolean
find_tensors (Search * search, const CnxPickledValue * value)
{
  const CnxPickle *pickle = search->pickle;
  CnxPickleIndex at = value->kind == CNX_PICKLED_DICT && value->count / 2 <= MAX_ENTRIES ? value->items.first : 0;

  while (at) {
    search->steps++;
    const CnxPickleCell *item = cnx_pickle_cell (pickle, cnx_pickle_cell (pickle, at)->next);
    const CnxPickledValue *inside = cnx_pickle_value (pickle, item->value);

    if (cnx_pickled_is_tensor (inside) && !is_scalar (pickle, inside))
      return TRUE;
    at = item->next;
  }
  return FALSE;
}

static gboolean
has_tensors (Search * search, const CnxPickledValue * value)
{
  gint8 *known = &search->has_tensors[value - cnx_pickle_value (search->pickle, 0)];

  search->steps++;
  if (!*known)
    *known = find_tensors (search, value) ? 1 : -1;
  return *known > 0;
}

/* What the dict @value has last under each of the holders' keys, NULL where it has none. */
static void
look_up (Search * search, const CnxPickledValue * value, const CnxPickledValue * held[N_HOLDERS])
{
  const CnxPickle *pickle = search->pickle;
  CnxPickleIndex at = value->items.first;
  gboolean swapped = FALSE;

  memset (held, 0, N_HOLDERS * sizeof held[0]);
  while (at) {
    search->steps++;
    const CnxPickleCell *cell = cnx_pickle_cell (pickle, at);
    const CnxPickleCell *item = cnx_pickle_cell (pickle, cell->next);
    const CnxPickledValue *key = cnx_pickle_value (pickle, cell->value);

    for (guint i = 0; i < N_HOLDERS; i++)
      if (cnx_pickle_text_is (pickle, key, holders[i]))
        held[i] = cnx_pickle_value (pickle, item->value);
    swapped |= cnx_pickle_text_is (pickle, key, SWAPPER);
    at = item->next;
  }
  for (guint i = 0; swapped && i < N_HOLDERS; i++)
    if (strcmp (holders[i], SWAPPED) == 0)
      held[i] = NULL;
}

/* Whether @held's entry @i is a dict, and none of those before it. */
static gboolean
is_new_dict (const CnxPickledValue * const held[N_HOLDERS], guint i)
{
  for (guint before = 0; before < i; before++)
    if (held[before] == held[i])
      return FALSE;
  return held[i] && held[i]->kind == CNX_PICKLED_DICT;
}

/* Escaped, for messages; NULL where it is no text. */
static char *
key_text (const CnxPickle * pickle, const CnxPickledValue * key)
{
  g_autofree char *text = key->kind == CNX_PICKLED_TEXT
      ? g_strndup ((const char *) pickle->bytes + key->text, MIN (key->count, LISTED_BYTES)) : NULL;

  return text ? g_strescape (text, NULL) : NULL;
}

/* The keys of dicts of tensors in the dict @value, which is not long, but for @chosen. */
static void
list_others (Search * search, const CnxPickledValue * value, const CnxPickledValue * chosen, GPtrArray * others)
{
  const CnxPickle *pickle = search->pickle;
  const CnxPickledValue *last = chosen;

  for (CnxPickleIndex at = value->items.first; at;) {
    const CnxPickleCell *cell = cnx_pickle_cell (pickle, at);
    const CnxPickleCell *item = cnx_pickle_cell (pickle, cell->next);
    const CnxPickledValue *held = cnx_pickle_value (pickle, item->value);

    g_autofree char *key = key_text (pickle, cnx_pickle_value (pickle, cell->value));

    if (key && held != chosen && held != last && has_tensors (search, held))
      g_ptr_array_add (others, g_strconcat (key, " (a dict of tensors)", NULL));
    last = held;
    at = item->next;
  }
}

/* By the holders' keys in the dict @value, and @levels below it. */
static const CnxPickledValue *
find_held (Search * search, const CnxPickledValue * value, int levels, GPtrArray * others)
{
  const CnxPickledValue *held[N_HOLDERS], *inside;

  if (value->count / 2 > MAX_KEYS)
    return NULL;
  look_up (search, value, held);
  for (guint i = 0; i < N_HOLDERS; i++) {
    if (!is_new_dict (held, i))
      continue;
    if (has_tensors (search, held[i])) {
      if (i >= N_AVERAGES)
        list_others (search, value, held[i], others);
      return held[i];
    }
    if (levels > 0 && (inside = find_held (search, held[i], levels - 1, others)))
      return inside;
  }
  return NULL;
}

/* The only item of @value that passes, by its kind and, where @tensors, by what it holds; NULL where several do. */
static const CnxPickledValue *
find_only_dict (Search * search, const CnxPickledValue * value, gboolean tensors)
{
  const CnxPickle *pickle = search->pickle;
  const CnxPickledValue *only = NULL;

  if (value->count > MAX_KEYS)
    return NULL;
  for (CnxPickleIndex at = value->items.first; at; at = cnx_pickle_cell (pickle, at)->next) {
    const CnxPickledValue *item = cnx_pickle_value (pickle, cnx_pickle_cell (pickle, at)->value);

    if (item->kind != CNX_PICKLED_DICT || item == only || (tensors && !has_tensors (search, item)))
      continue;
    if (only)
      return NULL;
    only = item;
  }
  return only;
}

/* "'a', 'b' and 3 more", for the error. */
static char *
list_keys (const CnxPickle * pickle, const CnxPickledValue * root)
{
  GString *list = g_string_new (NULL);
  CnxPickleIndex at = root->items.first;

  for (guint i = 0; at && i < LISTED_KEYS; i++) {
    const CnxPickleCell *cell = cnx_pickle_cell (pickle, at);
    const CnxPickledValue *key = cnx_pickle_value (pickle, cell->value);

    g_string_append (list, i ? ", " : "");
    g_autofree char *text = key_text (pickle, key);

    if (text)
      g_string_append_printf (list, "'%s'", text);
    else
      g_string_append (list, "(not text)");
    at = cnx_pickle_cell (pickle, cell->next)->next;
  }
  if (root->count / 2 > LISTED_KEYS)
    g_string_append_printf (list, " and %u more", root->count / 2 - LISTED_KEYS);
  return g_string_free (list, FALSE);
}

/* What to tell of a value that is no tensor where there are none; NULL where nothing is. */
static const char *
find_advice (const CnxPickle * pickle)
{
  for (CnxPickleIndex i = 1; i < pickle->values->len; i++) {
    const CnxPickledValue *value = cnx_pickle_value (pickle, i);

    if (value->kind == CNX_PICKLED_OBJECT && value->class && value->class->advice)
      return value->class->advice;
  }
  return NULL;
}

static void
set_none_found (const CnxPickle * pickle, const CnxPickledValue * root, GError ** error)
{
  g_autofree char *keys = list_keys (pickle, root);
  const char *advice = find_advice (pickle);

  g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "%s: no dict of tensors is in it%s%s%s, nor under 'state_dict', "
      "'model' or another of the keys that trainings use; its keys: %s", pickle->what, advice ? " (it holds " : "",
      advice ? advice : "", advice ? ")" : "", *keys ? keys : "none");
}

static const CnxPickledValue *
find_state_dict (Search * search, GPtrArray * others, GError ** error)
{
  const CnxPickle *pickle = search->pickle;
  const CnxPickledValue *root = cnx_pickle_value (pickle, pickle->root);
  const CnxPickledValue *found;

  if (root->kind == CNX_PICKLED_TUPLE || root->kind == CNX_PICKLED_LIST)
    root = find_only_dict (search, root, FALSE);
  if (!root || root->kind != CNX_PICKLED_DICT) {
    const char *advice = find_advice (pickle);

    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "%s: it holds %s", pickle->what,
        advice ? advice : "no dict of tensors: save model.state_dict()");
    return NULL;
  }
  if ((found = find_held (search, root, 1, others)))
    return found;
  if (has_tensors (search, root))
    return root;
  if (!(found = find_only_dict (search, root, TRUE)))
    set_none_found (pickle, root, error);
  return found;
}

const CnxPickledValue *
cnx_pickle_find_state_dict (const CnxPickle * pickle, GPtrArray * others, gsize * steps, GError ** error)
{
  g_autofree gint8 *known = g_new0 (gint8, pickle->values->len);
  Search search = {.pickle = pickle,.has_tensors = known };
  const CnxPickledValue *found = find_state_dict (&search, others, error);

  if (steps)
    *steps = search.steps;
  return found;
}
