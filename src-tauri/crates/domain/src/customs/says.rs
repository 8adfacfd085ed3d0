//! What reading and writing customs messages may say. Values never appear: a field can be personal.

crate::messages! {
    yes {
        /// A mandatory element is missing or empty.
        doubt_missing(field) = "customs.doubt.missing";
        /// A mandatory amount is missing and read as 0.
        doubt_zero(field) = "customs.doubt.zero";
        /// A value is longer than the standard allows.
        doubt_too_long(field, limit) = "customs.doubt.too_long";
        /// A value has another length than the standard asks for.
        doubt_length(field, length) = "customs.doubt.length";
        /// A code is not in customs' table.
        doubt_code(field) = "customs.doubt.code";
        /// A receipt's status is in no table.
        doubt_status(status) = "customs.doubt.status";
        /// A wrapper stands inside itself.
        doubt_wrapper(field) = "customs.doubt.wrapper";
        /// Text stands between elements.
        doubt_stray_text() = "customs.doubt.stray_text";
        /// An element the standard does not name was kept.
        doubt_unknown(field) = "customs.doubt.unknown";
        /// A date carries a time of day, which was cut off.
        doubt_date_with_time(field) = "customs.doubt.date_with_time";
        /// A time carries no time of day.
        doubt_time_without_hours(field) = "customs.doubt.time_without_hours";
        /// The encoding declared is not the one used.
        doubt_encoding(declared) = "customs.doubt.encoding";
        /// The signature was not checked and is not written back.
        doubt_signed() = "customs.doubt.signed";
        /// No genuine sample of this message was seen.
        doubt_unverified(message) = "customs.doubt.unverified";
        /// There were more doubts than are listed.
        doubt_more(count) = "customs.doubt.more";
    }
    no {
        /// The file is larger than the limit.
        too_large(limit) = "customs.too_large";
        /// The bytes are neither UTF-8 nor the GB encoding declared.
        not_text(line, column) = "customs.not_text";
        /// The XML is broken.
        not_well_formed(line, column) = "customs.not_well_formed";
        /// The XML ends before it is complete.
        truncated(line, column) = "customs.truncated";
        /// It carries a document type definition.
        dtd(line, column) = "customs.dtd";
        /// It uses an entity other than the five of XML.
        entity(line, column) = "customs.entity";
        /// Elements are nested too deep.
        too_deep(limit, line, column) = "customs.too_deep";
        /// An element has too many attributes.
        too_many_attributes(limit, line, column) = "customs.too_many_attributes";
        /// The message has too many records, lines or unknown elements.
        too_many_items(limit, line, column) = "customs.too_many_items";
        /// The root element names no message known here.
        unknown_message(root, line, column) = "customs.unknown_message";
        /// The root element stands in another namespace.
        wrong_namespace(root, line, column) = "customs.wrong_namespace";
        /// The message carries no document.
        nothing_inside(line, column) = "customs.nothing_inside";
        /// What the exchange envelope carries cannot be opened.
        envelope(line, column) = "customs.envelope";
        /// A message that must be signed is not.
        signature_missing(line, column) = "customs.signature_missing";
        /// The signature uses what is not supported.
        signature_unsupported(method, line, column) = "customs.signature_unsupported";
        /// The message was changed after it was signed, or the signature is no whole one.
        signature_broken(line, column) = "customs.signature_broken";
        /// None of the configured certificates made the signature.
        signature_foreign(line, column) = "customs.signature_foreign";
        /// What should be a certificate is none.
        bad_certificate() = "customs.bad_certificate";
        /// An element without which the document means nothing is missing.
        missing(field, line, column) = "customs.missing";
        /// The same element stands twice.
        repeated(field, line, column) = "customs.repeated";
        /// A value contains elements.
        nested(field, line, column) = "customs.nested";
        /// A value contains a control character.
        bad_character(field, line, column) = "customs.bad_character";
        /// A number is none.
        bad_number(field, line, column) = "customs.bad_number";
        /// A number has more decimals than customs allows.
        too_fine(field, line, column) = "customs.too_fine";
        /// A number is too large.
        number_too_large(field, line, column) = "customs.number_too_large";
        /// A time is none of customs' forms.
        bad_time(field, line, column) = "customs.bad_time";
        /// A date is none of customs' forms.
        bad_date(field, line, column) = "customs.bad_date";
        /// A document cannot be written because one of its texts holds a control character.
        cannot_write(field) = "customs.cannot_write";
        /// Documents of different messages cannot be written into one.
        mixed_documents(first, second) = "customs.mixed_documents";
        /// A file is no workbook, or a damaged one.
        sheet_unreadable() = "customs.sheet.unreadable";
        /// A worksheet has more cells than are read.
        sheet_too_many_cells(limit) = "customs.sheet.too_many_cells";
        /// The headings are of no template.
        sheet_unknown() = "customs.sheet.unknown";
        /// Headings of the template are missing.
        sheet_headings(missing) = "customs.sheet.headings";
        /// A cell that must be filled is empty.
        sheet_empty() = "customs.sheet.empty";
        /// A cell holds a date, a truth value, an error or a control character.
        sheet_type() = "customs.sheet.type";
        /// A cell holds no number.
        sheet_number() = "customs.sheet.number";
        /// A number has more than five decimals.
        sheet_too_fine() = "customs.sheet.too_fine";
        /// A text is longer than, or not as long as, its element.
        sheet_length(limit) = "customs.sheet.length";
        /// A code or unit is not in customs' table.
        sheet_code() = "customs.sheet.code";
        /// A long number is held as a number, so its digits may be lost.
        sheet_as_text() = "customs.sheet.as_text";
        /// A later row says something else of the same document.
        sheet_differs(row) = "customs.sheet.differs";
        /// The sums of an order do not fit.
        sheet_sum() = "customs.sheet.sum";
        /// A line of input is masked or was refused in reading, and cannot be written.
        unwritable_line(line) = "customs.unwritable_line";
        /// A line of input is not the JSON of a document.
        bad_json(line, column) = "customs.bad_json";
    }
}
