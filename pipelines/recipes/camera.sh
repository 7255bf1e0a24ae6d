# What the recipes share; sourced by them, never run. Each takes a camera's address: rtsp://, rtsps://, http:// or
# https:// (a password in it is seen by whoever lists processes), the device of a camera, test://PATTERN for a picture
# of videotestsrc's, or a file, which is played as fast as a camera would.

recipes=$(cd "$(dirname "$0")" && pwd)
if [ -z "${GST_PLUGIN_PATH-}" ] && [ -d "$recipes/../../build/gst-plugin" ]; then
  export GST_PLUGIN_PATH="$recipes/../../build/gst-plugin"      # as ./pipelines/demo leaves it
fi

# Says what the recipe's own first lines say, and ends.
usage ()
{
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# camera ADDRESS: the beginning of a launch line, each word of it without a space.
camera ()
{
  case $1 in
    -*) usage ;;
    /dev/video*) echo "v4l2src device=$1" ;;
    test://*) echo "videotestsrc is-live=true pattern=${1#test://}" ;;
    rtsp://* | rtsps://*) echo "rtspsrc location=$1 latency=200 ! application/x-rtp,media=video ! decodebin" ;;
    *://*) echo "uridecodebin uri=$1 caps=video/x-raw expose-all-streams=false" ;;
    *)
      if [ ! -e "$1" ]; then
        echo "$1: there is no such file" >&2
        exit 1
      fi
      path=$(realpath -- "$1" | sed 's/%/%25/g; s/ /%20/g; s/"/%22/g; s/#/%23/g; s/?/%3F/g; s/\\/%5C/g')
      echo "uridecodebin uri=file://$path caps=video/x-raw expose-all-streams=false ! identity sync=true" ;;
  esac
}
