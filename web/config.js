// The base URL of the API; "" is the origin of this page. Each deployment writes its own.
export const API = "";
