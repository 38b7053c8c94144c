// The English texts of the web page. To translate: copy this file, translate the quoted texts,
// keep the {placeholders}, and import the new file in js/i18n.js.

export default {
  brand: "HeartSense",
  disclaimer:
    "HeartSense is not a medical device and can be wrong. Every ECG must be read by a doctor.",

  nav: {
    skip: "Skip to main content",
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
    register: "Create account",
  },

  fields: {
    name: "Name",
    email: "E-mail",
    password: "Password",
    current_password: "Current password",
    new_password: "New password",
    password_hint: "At least 10 characters. Four random words make a strong password.",
  },

  forms: { check: "Please check the highlighted fields." },
  lists: { more: "Show more" },
  dialog: { cancel: "Cancel" },

  try: {
    title: "Analyse an ECG image",
    heading: "What does your ECG show?",
    lead: "Upload a scan, photo or PDF. HeartSense reads the traces, checks for six conditions, and shows the evidence for each finding.",
    choose: "Upload your ECG",
    how: "Drag and drop a file here, paste it, or use a button:",
    file: "Choose file",
    photo: "Take photo",
    formats:
      "PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF, up to 20 MB. For a photo, lay the paper flat in good light and capture the whole page.",
    visitor: "No account needed. Your image is analysed and not stored.",
    member: "Your image and its result are stored in your account until you delete them.",
    again: "Analyse another ECG",
    register: "Create an account to save results",
  },

  preview: {
    title: "Check your image",
    image: "Preview of your image",
    no_preview: "Your browser cannot preview this type of file. HeartSense can still read it.",
    rotate_left: "Rotate left",
    rotate_right: "Rotate right",
    downscaled:
      "This image is larger than 4 MB, so a smaller copy will be uploaded. With an account, the original is uploaded.",
    page: "Page",
    consent: "Use this image to train future versions of HeartSense",
    consent_hint:
      "Optional. Your result is the same either way. If you delete the result, the image is deleted too.",
    doctors: "Doctors working with this service may view uploaded images to check the results.",
    submit: "Analyse ECG",
    choose_another: "Choose another file",
  },

  progress: {
    title: "Progress",
    uploading: "Uploading",
    analysing: "Analysing the ECG",
  },

  result: {
    title: "ECG result",
    possible: "Not likely, but not ruled out: {titles}",
    waiting: "Your ECG is being analysed",
    later: "This is taking longer than usual. You will find the result in your history.",
    failed: "This image could not be read",
    missing: "Result not available",
    another: "Analyse another ECG",
    print: "Print",
    delete: "Delete result",
  },

  review_note: {
    confirmed: "A doctor confirmed this result on {date}.",
    corrected: "A doctor corrected this result on {date}.",
    before: "What HeartSense said before",
  },

  views: {
    title: "ECG image",
    choose: "View",
    original: "Original",
    original_alt: "The uploaded ECG image",
    overlay: "Detected traces",
    overlay_alt: "The ECG image with the detected traces and lead names drawn over it",
    heatmap: "Evidence: {title}",
    heatmap_alt: "The ECG image with the evidence highlighted for: {title}",
    frame: "ECG image, scrollable when zoomed in",
    zoom: "Zoom in",
    weak: "Weak",
    strong: "Strong",
    failed: "The image could not be loaded. Please reload the page.",
    none: "The images of this result are too large to show without an account.",
  },

  conditions: {
    title: "Conditions",
    evidence: "What counted most: {list}.",
    about: "What it means and what to do",
    next_steps: "Next steps",
    links: "Learn more",
    new_tab: "(opens in a new tab)",
  },

  percent: { under: "under 1%", over: "over 99%", about: "{percent}%" },

  votes: {
    title: "Classifier votes",
    yes: "{name}: yes",
    no: "{name}: no",
    binary_relevance: "Binary relevance",
    mlaram: "MLARAM",
    svm: "SVM",
  },

  measurements: {
    title: "Measurements",
    caption: "Normal ranges are for adults. Where women have another limit, it is in brackets.",
    name: "Measurement",
    value: "Value",
    range: "Normal range",
    status: "Compared",
    missing: "not measured",
    sources: "Who says what is normal",
  },

  quality: {
    title: "Image quality",
    score: "Overall quality",
    good: "Good",
    fair: "Fair",
    poor: "Poor",
    layout: "Lead layout",
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
    "6x1": "6 rows of 1 limb lead",
    limb_leads: "Limb leads of a page in another layout",
    "12x1": "12 rows of 1 lead",
    strip: "Single strip",
    beat: "Single beat",
  },
  scale_sources: {
    legend: "as printed",
    pulse: "from the calibration pulse",
    layout: "from the layout",
    standard: "assumed",
  },

  limitations: {
    title: "Limitations",
    not_assessed: "Not assessed: {titles}. {reason}",
    missing: "Not measurable on this image: {names}.",
  },

  report: {
    title: "Report by e-mail",
    text: "A PDF with the image, the findings and the measurements, to share with a doctor.",
    email: "Recipient (leave empty for your own address)",
    hint: "If you send it to someone else, the e-mail says that you asked for it.",
    send: "Send report",
    resend: "Send again",
    line: "To {to}, {date}",
    status: {
      pending: "Queued.",
      sending: "Sending.",
      sent: "Sent.",
      unconfirmed: "We could not confirm that this e-mail was sent.",
      failed: "Could not be sent.",
      bounced: "Not delivered: the address rejected it.",
      complained: "Marked as spam. We will not send any more e-mails to this address.",
    },
  },

  feedback: {
    title: "Doctor's review",
    form: "Your review",
    question: "Is this result correct?",
    options: { confirmed: "Yes, the findings are correct", corrected: "No, correct the findings" },
    conditions: "Correct findings",
    none_of_them: "none of the six conditions",
    comment: "Comment (visible to the patient)",
    submit: "Submit review",
    thanks: "Review submitted. Thank you.",
    verdicts: { confirmed: "Confirmed", corrected: "Corrected" },
  },

  delete: {
    title: "Delete this result?",
    text: "The image and its result will be permanently deleted.",
    action: "Delete",
  },

  consent: {
    title: "Use for training",
    text: "On {date} you agreed that this image may be used to train future versions.",
    withdraw: "Withdraw consent",
    withdrawn: "This image is no longer used for training. Your result stays.",
  },

  audit: {
    title: "Who has seen this",
    text: "Everyone but you who opened, reviewed or exported it. The same letters stand for the same person.",
    nobody: "Nobody but you.",
    count: "{count} times, newest first",
    who: "{role} ({by})",
    roles: {
      doctor: "A doctor",
      administrator: "An administrator",
      operator: "The operator",
      system: "The service",
      owner: "The owner of the address",
    },
    actions: {
      result_listed: "saw it in a list.",
      result_read: "opened the result.",
      picture_read: "opened an image.",
      reviews_read: "read the reviews.",
      reviewed: "reviewed it.",
      review_exported: "exported a review of it.",
      prediction_deleted: "deleted it.",
      data_exported: "exported all data.",
      account_deleted: "deleted the account.",
      role_granted: "gave your account a role.",
      role_revoked: "took a role from your account.",
      sessions_ended: "signed you out everywhere.",
      second_factors_removed: "turned off your two-step sign-in.",
    },
  },

  history: {
    title: "Your ECGs",
    empty: "No ECGs yet. ECGs that you upload while signed in are listed here.",
    pending: "Analysing",
    delete: "Delete",
    verdicts: { confirmed: "Confirmed by a doctor", corrected: "Corrected by a doctor" },
  },

  doctor: {
    title: "ECGs to review",
    lead: "Newest first. Patients see your review, and it helps to improve HeartSense. They also see that a doctor opened their ECG, but not your name.",
    empty: "No ECGs to review yet.",
    not_reviewed: "Not reviewed",
  },

  review: {
    title: "Review ECG",
    back: "Back to the list",
    date: "Analysed on {date}",
    no_result: "There is no result to review for this ECG.",
  },

  signal: {
    title: "Digitised ECG",
    drawing: "ECG on millimetre paper, with calipers",
    scale: "25 mm/s, 10 mm/mV",
  },
  calipers: {
    hint: "Drag a caliper, or select it with Tab and use the arrow keys: 1 mm per key press, 0.1 mm with Shift, 5 mm with Page Up and Page Down.",
    x: "Time caliper {which}",
    y: "Voltage caliper {which}",
    at_time: "{time} ms from the left edge",
    at_voltage: "{voltage} mV from the lower edge",
    time: "Δt {time} ms ({rate} /min)",
    voltage: "ΔV {voltage} mV",
  },

  login: {
    title: "Sign in",
    submit: "Sign in",
    forgot: "Forgot password?",
    no_account: "New to HeartSense?",
  },

  second_step: {
    title: "Confirm that it is you",
    lead: "Your account has two-step sign-in.",
    code: "Code from your app, or a recovery code",
    submit: "Continue",
    passkey: "Use a passkey",
  },

  two_step: {
    title: "Two-step sign-in",
    text: "After your password, you enter a code from an app on your phone, or use a passkey. A stolen password is then not enough.",
    required:
      "Your role needs it: turn on two-step sign-in before you open other people's results.",
    off: "Two-step sign-in is off.",
    kinds: { totp: "App", passkey: "Passkey" },
    added: "{name} ({kind}), added on {date}",
    remove: "Remove",
    codes_left: "Recovery codes left: {count}",
    password: "Current password",
    name: "Name",
    name_default: "My phone",
    add_app: "Add an app",
    add_passkey: "Add a passkey",
    new_codes: "New recovery codes",
    app_text: "Scan this code with an authenticator app, then type the six digits that it shows.",
    app_key: "Or enter this key in the app:",
    qr_code: "QR code for an authenticator app",
    app_link: "Open in an app on this device",
    code: "Code from the app",
    confirm: "Confirm",
    codes_title: "Your recovery codes",
    codes_text:
      "Each signs you in once if you lose your app or passkey. Write them down now: they are shown only this once.",
    changed: "Two-step sign-in was changed.",
    cancelled: "No passkey was used. Please try again.",
  },

  sessions: {
    title: "Where you are signed in",
    item: "{device}: signed in on {created}, last seen on {seen}",
    current: "This device",
    end: "Sign out",
  },

  register: {
    title: "Create account",
    lead: "Save your results, send reports by e-mail, and see your ECGs on all your devices.",
    doctors:
      "Doctors working with this service may view the images you upload to check the results.",
    submit: "Create account",
    have_account: "Already have an account?",
    sent_title: "Check your inbox",
    sent: "We have sent you an e-mail. Follow the link in it to confirm your address. You can sign in now, but reports are only sent once your address is confirmed.",
  },

  verify: {
    title: "Confirm your address",
    lead: "Once your address is confirmed, you can send reports.",
    confirm: "Confirm address",
    done_title: "Address confirmed",
    done: "You can now send reports.",
  },

  forgot: {
    title: "Reset your password",
    lead: "Enter your e-mail address and we will send you a reset link. It works once, for ten minutes.",
    submit: "Send reset link",
    sent_title: "Check your inbox",
    sent: "We have sent an e-mail with the next steps to this address.",
  },

  reset: {
    title: "Choose a new password",
    submit: "Save new password",
    new_link: "Request a new link",
    done_title: "Password changed",
    done: "You have been signed out on all devices. Please sign in with your new password.",
  },

  account: {
    title: "Account",
    profile: "Profile",
    status: "E-mail status",
    verified: "Confirmed",
    unverified: "Not confirmed",
    since: "Member since",
    save: "Save changes",
    saved: "Changes saved.",
    verify_title: "Confirm your address",
    verify_text: "Reports can be sent once you follow the link in our e-mail.",
    verify_submit: "Resend e-mail",
    verify_sent: "E-mail sent. Check your inbox.",
    password_title: "Change password",
    password_submit: "Change password",
    password_changed: "Password changed. Your other devices have been signed out.",
    data_title: "Your data",
    data_text:
      "A ZIP file with all that we store about you: images, results, reviews, consents, reports, messages, and who looked at what.",
    data_submit: "Prepare ZIP file",
    data_ready: "Your file is ready. The link works for five minutes.",
    data_download: "Download",
    export_title: "Export reviews",
    export_text: "All doctors' reviews as JSON Lines, to train the next model.",
    export_submit: "Download",
    delete_title: "Delete account",
    delete_text: "Your account, results, images and reports will be permanently deleted.",
    delete_action: "Delete account",
  },

  contact: {
    title: "Contact us",
    lead: "Questions, feedback or a problem? We read every message, but we cannot give advice on an ECG by e-mail.",
    subject: "Subject",
    message: "Message",
    submit: "Send message",
    sent: "Message sent. Thank you.",
  },

  not_found: {
    title: "Page not found",
    text: "The address may be wrong, or the page may have moved.",
    home: "Go to the home page",
  },

  about: {
    title: "About HeartSense",
    lead: "HeartSense reads an ECG from an image and shows what it found, how sure it is, and why.",
    sections: [
      {
        title: "How it works",
        text: [
          "HeartSense finds the grid of the paper and the rows of leads, follows the trace of each lead, and converts it to millivolts over time. It checks the traces with a rule that holds in every ECG: lead I plus lead III equals lead II.",
          "It then measures the heartbeats, and three classifiers vote on six conditions. The images show the detected traces and the evidence for each finding.",
        ],
      },
      {
        title: "What it looks for",
        text: [
          [
            "A normal ECG",
            "Uneven or fast rhythms from the upper heart, such as atrial fibrillation",
            "Extra or fast beats from the lower heart",
            "Signs of a heart attack, new or old",
            "Signs of a thick or large heart wall",
            "Other changes, such as a conduction block or a pacemaker",
          ],
          "If the image is too poor or the result too close to call, HeartSense says so.",
        ],
      },
      {
        title: "Limitations",
        text: [
          "HeartSense is not a medical device. It can miss a condition, or find one that is not there. It does not know how you feel, and it cannot tell if a finding is new. A normal result does not rule out heart disease.",
          "If you have chest pain, faint or have trouble breathing, call an emergency number. Do not use HeartSense.",
        ],
      },
    ],
  },

  privacy: {
    title: "Privacy",
    lead: "Your ECG is health data. This is how we handle it.",
    sections: [
      {
        title: "Without an account",
        text: ["Your image is analysed at once. Neither the image nor the result is stored."],
      },
      {
        title: "With an account",
        text: [
          "We store your name, your e-mail address, a hash of your password, your images, your results and the reports that you send until you delete them. If you delete your account, all of this is deleted.",
          "If you do not sign in for two years, we delete your account. We tell you by e-mail a month before.",
          "Doctors working with this service may view uploaded images and results to check them. They do not see your name or e-mail address.",
          "You can download all of it on your account page, as a ZIP file. We keep that file for a day.",
          "Your image is used to train future versions only if you agree when you upload it. We store when you agreed, and to which text. You can withdraw this on the page of the result, which stays. A version that was trained before does not change.",
        ],
      },
      {
        title: "Who looked at what",
        text: [
          "Each time someone else opens your result or image, reviews it or exports a review of it, we record who did what and when. Without that record, nothing is shown. Each of your results lists these records.",
          "The records hold no names and nothing about your health. They are kept for three years, also after you delete your account.",
        ],
      },
      {
        title: "E-mail",
        text: [
          "We send a report only when you ask for it, to your own address or to one that you enter. E-mail is not fully private, so make sure you know who can read that mailbox.",
          "If our e-mail comes back, or you mark it as spam, we send no more to that address.",
        ],
      },
      {
        title: "Cookies and tracking",
        text: [
          "We use one cookie, which keeps you signed in. Scripts cannot read it. There is no tracking, and this page loads nothing from other sites.",
        ],
      },
    ],
  },

  // By the API's error codes, and some of the page's own. Other codes use the API's own text.
  problems: {
    offline: "Connection lost. Check your network and try again.",
    upload_refused: "The upload failed. Please try again.",
    too_large_to_try:
      "Without an account, this type of file can be up to 4 MB. Sign in to upload up to 20 MB.",
    file_too_large: "This file is larger than 20 MB. Upload a smaller image or a single page.",
    empty_file: "This file is empty. Choose another file.",
    not_an_image:
      "This type of file is not supported. Upload a PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF file.",
    export_failed: "Your file could not be prepared. Please try again later.",
    internal_error: "Something went wrong on our side. Please try again later.",
  },
};
