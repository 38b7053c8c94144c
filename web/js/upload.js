// Sending an image. It uses XMLHttpRequest because fetch does not report upload progress.

import { ApiError, apiUrl, parseResponse } from "/js/api.js";
import { authorizedRequest } from "/js/session.js";

export const MAX_REQUEST_BYTES = 4_000_000; // the API's limit for a request body

/** Classify an image without storing it. `onProgress` gets fractions from 0 to 1. */
export async function classify(image, page, onProgress) {
  const body = await image.toBlob(MAX_REQUEST_BYTES);
  const url = apiUrl(`/predict?page=${page}&pictures=true`);
  const { status, text } = await post(url, body, { "Content-Type": body.type }, onProgress);
  return parseResponse(status, text);
}

/** Upload an image to be classified and stored; returns the prediction's id. */
export async function upload(image, page, keepForTraining, onProgress) {
  const file = await image.toBlob();
  const { url, fields, prediction_id } = await authorizedRequest("POST", "/uploads", {
    json: {
      content_type: file.type,
      size: file.size,
      page,
      keep_for_training: keepForTraining,
    },
  });
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file);
  const { status } = await post(url, body, {}, onProgress);
  if (status >= 300) throw new ApiError("upload_refused", undefined, { status });
  return prediction_id;
}

function post(url, body, headers, onProgress) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    xhr.upload.onload = () => onProgress(1);
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText });
    xhr.onerror = xhr.onabort = () => reject(new ApiError("offline"));
    // Without this, a lost connection may go unnoticed for minutes.
    const abort = () => xhr.abort();
    addEventListener("offline", abort);
    xhr.onloadend = () => removeEventListener("offline", abort);
    xhr.send(body);
  });
}
