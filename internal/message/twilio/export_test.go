package twilio

// Genuine is genuine, for the vector of Twilio's documentation.
var Genuine = genuine
