// Every text of the web page in English. To translate: copy this file, translate what stands in
// quotes, leave names in {braces} as they are, and name the new file in js/texts.js.

export default {
  brand: "HeartSense",
  disclaimer:
    "HeartSense is not a medical device. It can be wrong in either direction. A doctor must read every ECG.",

  nav: {
    skip: "Skip to the content",
    label: "Main",
    try: "Try it",
    new: "New ECG",
    history: "History",
    doctor: "Reviews",
    account: "Account",
    about: "About",
    privacy: "Privacy",
    contact: "Contact",
    login: "Sign in",
    logout: "Sign out",
    register: "Create an account",
  },

  fields: {
    name: "Your name",
    email: "E-mail address",
    password: "Password",
    current_password: "Your password now",
    new_password: "New password",
    password_hint: "At least 10 characters. Four words that do not belong together work well.",
  },

  forms: { check: "Please check the marked fields." },
  lists: { more: "Show more" },
  dialog: { cancel: "Cancel" },

  try: {
    title: "Read an ECG from its picture",
    heading: "What does this ECG show?",
    lead: "Hand in a scan, a photo or a PDF. HeartSense reads the trace off the paper, looks for six conditions, and shows you why it says what it says.",
    choose: "Choose a picture of an ECG",
    ways: "Drop it here, paste it, or choose a way:",
    file: "Choose a file",
    photo: "Take a photo",
    formats: "PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF, up to 20 MB. Lay the paper flat, in good light, and take in the whole sheet.",
    visitor: "You need no account to try it: the picture is read and then forgotten.",
    member: "The picture and its result are kept in your account until you delete them.",
    again: "Read another ECG",
    keep: "Create an account to keep results",
  },

  prepare: {
    title: "Is it the right way up?",
    preview: "Preview of the picture you chose",
    no_preview: "This browser cannot show this kind of file. HeartSense can read it all the same.",
    left: "Turn left",
    right: "Turn right",
    scaled: "The picture is larger than 4 MB. A smaller copy of it is sent; with an account it goes as it is.",
    page: "Page",
    consent: "HeartSense may keep this picture to train later versions",
    consent_hint: "You are free to say no; the result is the same. When you delete the result, the picture goes too.",
    doctors: "Doctors who work with this service may look at uploaded pictures, to check what HeartSense says.",
    read: "Read this ECG",
    another: "Choose another",
  },

  progress: {
    title: "Progress",
    sending: "Sending the picture",
    reading: "Reading the trace and looking for conditions",
  },

  result: {
    title: "What HeartSense found",
    uncertain: "Unclear",
    uncertain_text: "HeartSense cannot say safely what this ECG shows. Why:",
    waiting: "Your ECG is being read",
    later: "This takes longer than usual. The result will be in your history.",
    refused: "This picture could not be read",
    missing: "There is nothing to show",
    another: "Read another ECG",
    print: "Print",
    delete: "Delete this result",
  },

  emergency: {
    title: "Chest pain, cold sweat, or hard to breathe? Call an emergency number now.",
    text: "This ECG has signs of a heart attack, new or old. Do not wait, and do not drive yourself. If you feel well, show this ECG to a doctor today.",
  },

  views: {
    title: "Picture",
    choose: "What to see on the picture",
    own: "Your picture",
    own_alt: "The picture of the ECG that was handed in",
    overlay: "What was read",
    overlay_alt: "The picture with the traces and lead names that HeartSense read drawn over it",
    heatmap: "Why: {title}",
    heatmap_alt: "The picture with the parts of the trace marked that spoke for: {title}",
    picture: "The picture, to be scrolled when it is shown large",
    zoom: "Large",
    little: "Spoke for it a little",
    much: "strongly",
    failed: "The picture could not be loaded. Load this page again.",
    none: "The pictures of this result are too large to be shown without an account.",
  },

  conditions: {
    title: "Condition by condition",
    about: "What it means, what to do",
    next_steps: "What to do next",
    links: "Read more",
    new_tab: "(opens in a new tab)",
    short: {
      normal: "Normal ECG",
      supraventricular_arrhythmia: "Rhythm of the upper heart",
      ventricular_arrhythmia: "Extra beats of the lower heart",
      myocardial_infarction: "Signs of a heart attack",
      hypertrophy: "Signs of a thick heart wall",
      fusion_or_miscellaneous: "Another change",
      uncertain: "Unclear",
    },
  },

  status: {
    present: "Found",
    absent: "Not found",
    uncertain: "Unclear",
    not_assessed: "Not assessed",
  },

  likelihood: {
    very_unlikely: "very unlikely",
    unlikely: "unlikely",
    rather_not: "less likely than not",
    rather: "more likely than not",
    likely: "likely",
    very_likely: "very likely",
  },
  percent: { under: "under 1 %", over: "over 99 %", about: "{share} %" },

  votes: {
    title: "Votes of the three classifiers",
    yes: "{name}: yes",
    no: "{name}: no",
    binary_relevance: "Binary relevance",
    mlaram: "MLARAM",
    svm: "SVM",
  },

  measurements: {
    title: "Measurements",
    caption: "Measured on the trace. Normal ranges are those of adults.",
    name: "Measured",
    value: "Value",
    range: "Normal",
    place: "Compared",
    missing: "not measured",
    at_most: "up to {high}",
    between: "{low} to {high}",
    below: "below",
    within: "within",
    above: "above",
    titles: {
      heart_rate_bpm: "Heart rate",
      rr_spread_ms: "Spread of the beats",
      pr_ms: "PR interval",
      qrs_ms: "QRS duration",
      qt_ms: "QT interval",
      qtc_ms: "QTc (Fridericia)",
      axis_deg: "QRS axis",
      sokolow_lyon_mv: "Sokolow-Lyon voltage",
      cornell_mv: "Cornell voltage",
    },
  },
  units: { "/min": " /min", ms: " ms", degrees: "°", mV: " mV" },

  quality: {
    title: "How well the picture could be read",
    score: "Quality",
    good: "good",
    fair: "fair",
    poor: "poor",
    layout: "Layout",
    speed: "Paper speed",
    gain: "Gain",
    model: "Model version",
  },
  layouts: {
    "3x4": "3 rows of 4 leads",
    "3x4+1": "3 rows of 4 leads, 1 rhythm strip",
    "3x4+2": "3 rows of 4 leads, 2 rhythm strips",
    "3x4+3": "3 rows of 4 leads, 3 rhythm strips",
    "6x2": "6 rows of 2 leads",
    "6x2+1": "6 rows of 2 leads, 1 rhythm strip",
    "12x1": "12 rows",
    strip: "a single strip",
    beat: "a single beat",
  },
  sources: {
    legend: "as printed",
    pulse: "from the calibration pulse",
    layout: "from the layout",
    standard: "the usual one, not seen on the paper",
  },

  not_assessed: {
    title: "What was not assessed",
    numbers: "{names}: could not be measured on this picture.",
    always: [
      "Whether a finding is old or new: HeartSense compares with no earlier ECG.",
      "How you feel: HeartSense knows no symptoms, age, drugs or history.",
      "Other heart disease: a normal ECG does not rule it out.",
    ],
  },

  report: {
    title: "Report by e-mail",
    text: "The report has the picture, the findings and the measurements as a PDF, to show to a doctor.",
    email: "Another address (leave empty for your own)",
    hint: "A mail to somebody else says that you asked for it.",
    send: "Send the report",
    resend: "Send it again",
    line: "To {to}, {date}",
    status: {
      pending: "Will be sent soon.",
      sending: "Being sent.",
      sent: "Sent.",
      unconfirmed: "We cannot tell if this mail went out.",
      failed: "Could not be sent.",
      bounced: "Came back: the address did not take it.",
      complained: "Marked as unwanted. We send nothing more to this address.",
    },
  },

  feedback: {
    title: "What a doctor said",
    form: "Your judgement",
    verdict: "Is the answer right?",
    confirmed: "Yes, the findings are right",
    corrected: "No, I correct them",
    conditions: "What the ECG shows",
    nothing: "none of the six conditions",
    comment: "Comment (the patient can read it)",
    send: "Save the judgement",
    thanks: "Saved. Thank you.",
    said: { confirmed: "Confirmed", corrected: "Corrected" },
  },

  delete: {
    title: "Delete this result?",
    text: "The picture, everything drawn from it, and the result are deleted for good.",
    action: "Delete",
  },

  history: {
    title: "Your ECGs",
    empty: "Nothing here yet. What you hand in while signed in is kept here.",
    pending: "Being read",
    delete: "Delete",
  },

  doctor: {
    title: "ECGs to review",
    lead: "Newest first. Your judgement is shown to the patient and helps to make HeartSense better.",
    empty: "There is nothing to review yet.",
    open: "Open",
  },

  review: { title: "Review an ECG", back: "Back to the list", read: "Read on {date}", not_done: "This ECG has not been read, so there is nothing to review." },

  signal: {
    title: "The signal that was read",
    drawing: "The ECG on millimetre paper, with calipers",
    scale: "25 mm/s, 10 mm/mV",
  },
  calipers: {
    hint: "Drag a line, or reach it with Tab and move it with the arrow keys: a millimetre at a time, with Shift a tenth, with Page Up and Page Down five.",
    x: "Time caliper {which}",
    y: "Voltage caliper {which}",
    at_time: "{time} ms from the left edge",
    at_voltage: "{voltage} mV from the lower edge",
    reading: "Δt {time} ms ({rate} /min) · ΔV {voltage} mV",
  },

  login: {
    title: "Sign in",
    send: "Sign in",
    forgot: "I do not know my password",
    new: "New here?",
  },

  register: {
    title: "Create an account",
    lead: "With an account your results are kept, can be mailed as a report, and are there on all your devices.",
    doctors: "Doctors who work with this service may look at the pictures you upload, to check what HeartSense says.",
    send: "Create the account",
    known: "You have one already?",
    sent_title: "Look into your mail",
    sent: "We have sent a mail to this address. Follow its link to confirm that it is yours; until then you can sign in, but no reports are sent.",
  },

  verify: {
    title: "Confirm your address",
    lead: "One click, and your account can send reports.",
    confirm: "Confirm my address",
    done_title: "Your address is confirmed",
    done: "Your account can now send reports.",
  },

  forgot: {
    title: "Choose a new password",
    lead: "We mail you a link to choose a new one. It works once, for ten minutes.",
    send: "Send the link",
    sent_title: "Look into your mail",
    sent: "We have sent a mail to this address. It says what is next.",
  },

  reset: {
    title: "Choose a new password",
    send: "Save the new password",
    again: "Ask for a new link",
    done_title: "Your password is changed",
    done: "All devices have been signed out. Sign in with the new password.",
  },

  account: {
    title: "Your account",
    profile: "About you",
    status: "Address",
    verified: "confirmed",
    unverified: "not confirmed yet",
    since: "Account since",
    save: "Save",
    saved: "Saved.",
    verify_title: "Confirm your address",
    verify_text: "Reports are sent only after you followed the link in our mail.",
    verify_send: "Send the mail again",
    mailed: "We have sent a mail to your address.",
    password: "Change the password",
    password_send: "Change the password",
    password_changed: "Your password is changed. Your other devices have been signed out.",
    export: "Doctors' feedback",
    export_text: "All judgements as JSON lines, to train the next model with.",
    export_send: "Download",
    close_title: "Delete your account",
    close_text: "Your account, your results, your pictures and your reports are deleted for good.",
    close_action: "Delete my account",
  },

  contact: {
    title: "Contact",
    lead: "Questions, praise, or something that does not work? We read everything, but we cannot judge an ECG by mail.",
    subject: "Subject",
    message: "Message",
    send: "Send",
    thanks: "Thank you. Your message has been passed on.",
  },

  missing: {
    title: "There is no such page",
    text: "The address may be mistyped, or the page may have moved.",
    home: "To the start",
  },

  about: {
    title: "About HeartSense",
    lead: "HeartSense reads an ECG from its picture: what it found, how sure it is, and why.",
    sections: [
      {
        title: "How it works",
        text: [
          "It reads a picture as a person does: find the grid of the paper, find the rows, follow the trace of each lead, and turn it into millivolts over seconds. It checks what it read by a law that holds in every ECG: leads I and III add up to lead II.",
          "Then it measures the beats, and three classifiers vote on six conditions. The pictures show what was read, and which part of the trace spoke for a finding.",
        ],
      },
      {
        title: "What it looks for",
        text: [
          [
            "A normal ECG",
            "Uneven or fast rhythms of the upper heart, such as atrial fibrillation",
            "Extra or fast beats of the lower heart",
            "Signs of a heart attack, new or old",
            "Signs of a thick or large heart wall",
            "Other changes, such as a block or a pacemaker",
          ],
          "Where the picture is too poor or the answer too close to call, it says so.",
        ],
      },
      {
        title: "What it cannot do",
        text: [
          "HeartSense is not a medical device. It misses things, and it sees things that are not there. It does not know how you feel. It does not tell old from new. A normal answer does not rule out heart disease.",
          "With chest pain, fainting or trouble breathing, call an emergency number. Do not upload a picture.",
        ],
      },
    ],
  },

  privacy: {
    title: "Privacy",
    lead: "An ECG is about your health. This is what happens to yours.",
    sections: [
      {
        title: "Without an account",
        text: ["Your picture is read and then forgotten. Neither it nor the result is kept."],
      },
      {
        title: "With an account",
        text: [
          "We keep your name, your address, a one-way code of your password, your pictures, and the results, until you delete them. Deleting your account deletes all of it.",
          "Doctors who work with this service may look at uploaded pictures and results, to check what HeartSense says. They do not see your name or address.",
          "If you agree when you upload a picture, and only then, it may be used to train later versions. You can take this back: delete the result.",
        ],
      },
      {
        title: "Mails",
        text: [
          "A report goes to your own address, or to one you name, only when you ask for it. E-mail is not a safe place for secrets: think about who reads that mailbox.",
        ],
      },
      {
        title: "Cookies and tracking",
        text: [
          "There is one cookie: it keeps you signed in, and no script can read it. This page loads nothing from other sites, and nobody follows you here.",
        ],
      },
    ],
  },

  problems: {
    offline: "The connection was lost. Nothing has been kept of this. Check your network and try again.",
    upload_refused: "The picture did not arrive whole. Try again.",
    too_large_to_try: "Without an account a file like this may have up to 4 MB. Sign in to hand in up to 20 MB.",
    file_too_large: "This file is larger than 20 MB. Hand in a smaller picture or a single page.",
    empty_file: "This file is empty. Choose another.",
    not_an_image: "This file is no picture that HeartSense can read. Hand in a PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF.",
    internal_error: "Something went wrong on our side. Try again in a moment.",
  },
};
