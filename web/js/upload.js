// Sending a picture. XMLHttpRequest, because fetch does not say how much has been sent.

import { Refusal, address, read } from "/js/api.js";
import { asked } from "/js/session.js";

export const TRY_BYTES = 4_000_000; // of a request through the API

/** Classify a picture now; nothing of it is kept. `progress` gets shares from 0 to 1. */
export async function classify(picture, page, progress) {
  const body = await picture.content(TRY_BYTES);
  const path = address(`/predict?page=${page}&pictures=true`);
  const { status, text } = await send(path, body, { "Content-Type": body.type }, progress);
  return read(status, text);
}

/** Upload a picture to be classified and kept; the prediction's id. */
export async function upload(picture, page, keepForTraining, progress) {
  const file = await picture.content();
  const form = await asked("POST", "/uploads", {
    json: {
      content_type: file.type,
      size: file.size,
      page,
      keep_for_training: keepForTraining,
    },
  });
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file);
  const { status } = await send(form.url, body, {}, progress);
  if (status >= 300) throw new Refusal("upload_refused", undefined, { status });
  return form.prediction_id;
}

function send(url, body, headers, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.upload.onload = () => progress(1);
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = request.onabort = () => reject(new Refusal("offline"));
    // A connection that is gone may look alive for minutes.
    const lost = () => request.abort();
    addEventListener("offline", lost);
    request.onloadend = () => removeEventListener("offline", lost);
    request.send(body);
  });
}
