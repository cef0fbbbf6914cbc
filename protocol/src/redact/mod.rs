//! The redactor.
