// Package enrolment sets second factors up and takes them away.
//
// It decides how a factor becomes one that counts (a pending row, then a code
// that proves it works, MF-07), that backup codes come with the first factor,
// that the last factor stays while policy demands one (MF-04), and that every
// change is told to the user (AU-07). Whether the caller may change factors at
// all (step-up, MF-03) was decided by package signin before it is called. It
// refuses to know how codes are compared. Start reading at Service.
package enrolment
