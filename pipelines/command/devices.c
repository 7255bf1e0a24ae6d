/* convnext devices: what there is to run on. */
#include "pipelines/command/command.h"
#include "opencl/support.h"

#include <stdio.h>
#include <string.h>

int
cnx_devices_main (int argc, char **argv)
{
  g_auto (CnxCommonOptions) options = { 0 };
  const GOptionEntry entries[] = { {NULL} };
  g_autoptr (GError) error = NULL;

  if (!cnx_parse_options (&options, 0, entries, NULL, "Lists the OpenCL devices, and tells which one is taken, and "
          "in which precision.", argc, argv))
    return CNX_EXIT_USAGE;
  g_autoptr (GPtrArray) list = cnx_devices_list ();
  for (guint i = 0; i < list->len; i++) {
    const CnxDeviceInfo *info = list->pdata[i];
    printf ("%u: %s (%s, %s, driver %s)%s\n", i, info->name, info->platform_name, info->version, info->driver,
        info->is_software_gpu ? ": a GPU in software, only used when named" : "");
  }
  g_autoptr (CnxDevice) device = cnx_device_open (options.device, options.threads, &error);
  if (!device)
    return cnx_fail (error);
  printf ("taken: %s\n", cnx_device_reason (device));
  g_autoptr (CnxOps) ops = cnx_ops_open (device, CNX_PRECISION_AUTO, &error);
  if (!ops)
    return cnx_fail (error);
  g_auto (GStrv) precisions = cnx_precisions (device);
  g_autofree char *listed = g_strjoinv (" ", precisions);
  printf ("precisions: %s; auto takes %s\n", listed, cnx_precision_name (cnx_ops_tuning (ops)->precision));
  return CNX_EXIT_OK;
}
