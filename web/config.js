// Where the API is; "" is this page's own origin. The deployment writes its own.
export const API = "";
