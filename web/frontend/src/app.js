// Everything here is an enhancement: every page works without JavaScript.
import "htmx.org";
