/**
 * Words that forms, labels and receipts say beside their fields, folded as `wordsOfLine` does: in English, German, French and
 * Spanish, and the signs of currencies. That two papers both say `Total` says nothing of them. A line in another language
 * is no worse off than without such a list: its labels may be told as agreeing, as they do.
 */
export const labelWords: ReadonlySet<string> = new Set(
  `
  account address amount article balance bill birth carrier cash change city client code contact country currency customer
  date delivered deliver delivery department description destination discount document due email expiry exp fax form from
  given goods gross house id identification identity card iban import in invoice item items kg kilogram label last first
  list mail mobile mr mrs ms name names net no nr note number of on order ordered origin page paid parcel passport payment
  phone pieces post postcode price product qty quantity received receipt recipient ref reference residence return sender
  serial service sex ship shipped shipment shipping sign signature signed state status street subtotal sum surname tax tel
  telephone terms thank the time title to total tracking unit units valid vat via visa weight with you your zip and at by for
  abholung absender adresse an anschrift anzahl artikel auftrag ausweis bar beleg bestellung betrag bezeichnung datum der
  die das den einheit einzelpreis empfanger gesamt geburtsdatum geboren gewicht hausnummer konto kunde kundennummer land
  lieferadresse lieferdatum lieferschein lieferung menge mit mwst nachname nummer ort pack paket plz preis quittung rechnung
  rechnungsnummer seite steuer strasse stuck summe telefon unterschrift ust von vorname wohnort zahlung zu zum zur
  adresse article bon client code colis commande date de du des destinataire envoi expediteur facture le la les livraison
  montant naissance nom numero page pays poids prenom prix quantite rue signature telephone total tva ville
  apellido apellidos articulo calle cantidad ciudad cliente codigo correo destinatario direccion el en envio entrega factura
  fecha firma importe iva nacimiento nombre numero pagina pais pedido peso por precio recibo remitente telefono
  eur euro usd gbp chf cents
  `
    .trim()
    .split(/\s+/),
)
