<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>sargeo</name>
        <message>
            <source>The scene lies on a server.</source>
            <translation>Die Szene liegt auf einem Server.</translation>
        </message>
        <message>
            <source>The scene exists in memory only.</source>
            <translation>Die Szene gibt es nur im Arbeitsspeicher.</translation>
        </message>
        <message>
            <source>Which file holds {scene} is not known.</source>
            <translation>Welche Datei {scene} enthält, ist nicht bekannt.</translation>
        </message>
        <message>
            <source>The scene lies in a folder that is removed when QGIS ends.</source>
            <translation>Die Szene liegt in einem Ordner, der mit dem Ende von QGIS gelöscht wird.</translation>
        </message>
        <message>
            <source>Choose a folder for the products.</source>
            <translation>Wählen Sie einen Ordner für die Produkte.</translation>
        </message>
        <message>
            <source>nothing</source>
            <translation>nichts</translation>
        </message>
        <message>
            <source>pip and uv, both inside the environment</source>
            <translation>pip und uv, beide in der Umgebung selbst</translation>
        </message>
        <message>
            <source>Location</source>
            <translation>Ort</translation>
        </message>
        <message>
            <source>Python</source>
            <translation>Python</translation>
        </message>
        <message>
            <source>sargeo and its libraries from</source>
            <translation>sargeo und seine Bibliotheken aus</translation>
        </message>
        <message>
            <source>Runs on</source>
            <translation>Kartiert auf</translation>
        </message>
        <message>
            <source>Download, about</source>
            <translation>Herunterzuladen, etwa</translation>
        </message>
        <message>
            <source>On disk, about</source>
            <translation>Auf der Festplatte, etwa</translation>
        </message>
        <message>
            <source>Installed with</source>
            <translation>Installiert mit</translation>
        </message>
        <message>
            <source>{version}, fetched by uv</source>
            <translation>{version}, von uv heruntergeladen</translation>
        </message>
        <message>
            <source>{version} ({python} stays as it is)</source>
            <translation>{version} ({python} bleibt unverändert)</translation>
        </message>
        <message>
            <source>processor</source>
            <translation>Prozessor</translation>
        </message>
        <message>
            <source>NVIDIA graphics card</source>
            <translation>NVIDIA-Grafikkarte</translation>
        </message>
        <message>
            <source>NVIDIA graphics card, if the torch from there is built for it</source>
            <translation>NVIDIA-Grafikkarte, wenn das torch von dort dafür gebaut ist</translation>
        </message>
        <message>
            <source>{index} and the index of PyTorch</source>
            <translation>{index} und dem Index von PyTorch</translation>
        </message>
        <message>
            <source>{wheel} and {index}</source>
            <translation>{wheel} und {index}</translation>
        </message>
        <message>
            <source>Area of interest</source>
            <translation>Interessengebiet</translation>
        </message>
        <message>
            <source>Information missing from the file</source>
            <translation>Fehlende Angaben</translation>
        </message>
        <message>
            <source>Count cell size</source>
            <translation>Zellgröße der Zählung</translation>
        </message>
        <message>
            <source>Side of a place, in metres</source>
            <translation>Seitenlänge eines Ortes, in Metern</translation>
        </message>
        <message>
            <source>Texts</source>
            <translation>Texte</translation>
        </message>
        <message>
            <source>Places per text</source>
            <translation>Orte je Text</translation>
        </message>
        <message>
            <source>Class field</source>
            <translation>Klassenfeld</translation>
        </message>
        <message>
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
        <message>
            <source>Exclude objects on land</source>
            <translation>Objekte an Land weglassen</translation>
        </message>
        <message>
            <source>Minimum object confidence</source>
            <translation>Mindestkonfidenz der Objekte</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <source>Overwrite existing products</source>
            <translation>Vorhandene Produkte ersetzen</translation>
        </message>
        <message>
            <source>Products</source>
            <translation>Produkte</translation>
        </message>
        <message>
            <source>Mark as uncertain below this confidence</source>
            <translation>Unterhalb dieser Konfidenz als unsicher zeigen</translation>
        </message>
        <message>
            <source>Also create a web map</source>
            <translation>Auch die Webseite schreiben</translation>
        </message>
        <message>
            <source>Check the setup</source>
            <translation>Einrichtung prüfen</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>{rows} × {columns} pixels</source>
            <translation>{rows} × {columns} Pixel</translation>
        </message>
        <message>
            <source>Coordinate reference system</source>
            <translation>Koordinatenbezugssystem</translation>
        </message>
        <message>
            <source>Ground sampling distance</source>
            <translation>Bodenabtastabstand</translation>
        </message>
        <message>
            <source>Valid pixels</source>
            <translation>Gültige Pixel</translation>
        </message>
        <message>
            <source>Band {number}</source>
            <translation>Kanal {number}</translation>
        </message>
        <message>
            <source>Incidence angle</source>
            <translation>Einfallswinkel</translation>
        </message>
        <message>
            <source>Platform</source>
            <translation>Plattform</translation>
        </message>
        <message>
            <source>Mapping time, about</source>
            <translation>Kartierdauer, etwa</translation>
        </message>
        <message>
            <source>{time}, plus start-up</source>
            <translation>{time} ohne Startzeit</translation>
        </message>
        <message>
            <source>Memory</source>
            <translation>Arbeitsspeicher</translation>
        </message>
        <message>
            <source>at most {size}</source>
            <translation>höchstens {size}</translation>
        </message>
        <message>
            <source>Processing windows</source>
            <translation>Rechenfenster</translation>
        </message>
        <message>
            <source>{number} s</source>
            <translation>{number} s</translation>
        </message>
        <message>
            <source>{number} min</source>
            <translation>{number} min</translation>
        </message>
        <message>
            <source>{number} h</source>
            <translation>{number} h</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>unbekannt</translation>
        </message>
        <message>
            <source>{rows} × {columns} m</source>
            <translation>{rows} m × {columns} m</translation>
        </message>
        <message>
            <source>unknown polarisation</source>
            <translation>Polarisation unbekannt</translation>
        </message>
        <message>
            <source>Warning</source>
            <translation>Achtung</translation>
        </message>
        <message>
            <source>the model was not trained on {names}</source>
            <translation>das Modell wurde nicht mit {names} trainiert</translation>
        </message>
        <message>
            <source>to {rows} × {columns} pixels in {crs}; products are returned on the scene's grid</source>
            <translation>auf {rows} × {columns} Pixel in {crs}, die Produkte zurück auf das Gitter der Szene</translation>
        </message>
        <message>
            <source>Resampled for the model</source>
            <translation>Resampling für das Modell</translation>
        </message>
        <message>
            <source>What the map canvas shows</source>
            <translation>Aktueller Kartenausschnitt</translation>
        </message>
        <message>
            <source>The selected polygons</source>
            <translation>Gewählte Polygone</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Save as CSV…</source>
            <translation>Als CSV speichern…</translation>
        </message>
        <message>
            <source>Land cover</source>
            <translation>Landbedeckung</translation>
        </message>
        <message>
            <source>Measure in</source>
            <translation>Wo</translation>
        </message>
        <message>
            <source>Measuring…</source>
            <translation>Messung läuft…</translation>
        </message>
        <message>
            <source>Measuring areas</source>
            <translation>Flächenmessung</translation>
        </message>
        <message>
            <source>Map a scene or open its products to measure areas.</source>
            <translation>Kartieren Sie eine Szene oder öffnen Sie ihre Produkte, um Flächen zu messen.</translation>
        </message>
        <message>
            <source>what the map canvas showed</source>
            <translation>Kartenausschnitt beim Messen</translation>
        </message>
        <message>
            <source>selected in {layer}</source>
            <translation>Auswahl in {layer}</translation>
        </message>
        <message>
            <source>Nothing of this land cover lies there.</source>
            <translation>Dort liegt nichts von dieser Landbedeckung.</translation>
        </message>
        <message>
            <source>Move the map canvas, or choose other polygons.</source>
            <translation>Verschieben Sie den Kartenausschnitt, oder wählen Sie andere Polygone.</translation>
        </message>
        <message>
            <source>Save as CSV</source>
            <translation>Als CSV speichern</translation>
        </message>
        <message>
            <source>Saved {path}.</source>
            <translation>{path} wurde gespeichert.</translation>
        </message>
        <message>
            <source>No polygon is selected in the active layer.</source>
            <translation>Im aktiven Layer ist kein Polygon gewählt.</translation>
        </message>
        <message>
            <source>Make a polygon layer active and select the polygons to measure.</source>
            <translation>Aktivieren Sie einen Polygonlayer und wählen Sie die Polygone, die Sie messen möchten.</translation>
        </message>
        <message>
            <source>{zone}: {area} km² with data ({nodata} of the area without); objects: {objects}</source>
            <translation>{zone}: {area} km² mit Daten ({nodata} ohne Daten); Objekte: {objects}</translation>
        </message>
        <message>
            <source>Class or object</source>
            <translation>Klasse oder Objekt</translation>
        </message>
        <message>
            <source>Hectares</source>
            <translation>Hektar</translation>
        </message>
        <message>
            <source>Percent</source>
            <translation>Prozent</translation>
        </message>
        <message>
            <source>Count</source>
            <translation>Anzahl</translation>
        </message>
        <message>
            <source>sargeo</source>
            <translation>sargeo</translation>
        </message>
        <message>
            <source>Map</source>
            <translation>Kartieren</translation>
        </message>
        <message>
            <source>Runs</source>
            <translation>Läufe</translation>
        </message>
        <message>
            <source>Areas</source>
            <translation>Flächen</translation>
        </message>
        <message>
            <source>Setup</source>
            <translation>Einrichtung</translation>
        </message>
        <message>
            <source>Queued: {count} run(s) ahead</source>
            <translation>In der Warteschlange, Läufe davor: {count}</translation>
        </message>
        <message>
            <source>Cancelling…</source>
            <translation>Wird abgebrochen…</translation>
        </message>
        <message>
            <source>{scene} is mapped.</source>
            <translation>{scene} ist kartiert.</translation>
        </message>
        <message>
            <source>Cancelled; no product was left behind.</source>
            <translation>Abgebrochen; es blieben keine Produkte zurück.</translation>
        </message>
        <message>
            <source>Map {scene} again?</source>
            <translation>{scene} noch einmal kartieren?</translation>
        </message>
        <message>
            <source>Its products in {folder} are replaced.</source>
            <translation>Die Produkte in {folder} werden ersetzt.</translation>
        </message>
        <message>
            <source>Diagnostics copied; paste them into a bug report.</source>
            <translation>Kopiert: Fügen Sie es in einen Fehlerbericht ein.</translation>
        </message>
        <message>
            <source>Collecting diagnostics</source>
            <translation>Sammeln der Diagnosedaten</translation>
        </message>
        <message>
            <source>Map SAR scenes…</source>
            <translation>SAR-Szenen kartieren…</translation>
        </message>
        <message>
            <source>Create a Python environment for sargeo</source>
            <translation>Python-Umgebung für sargeo erstellen</translation>
        </message>
        <message>
            <source>Wheel or bundle (*.whl *.zip)</source>
            <translation>Wheel oder Offline-Paket (*.whl *.zip)</translation>
        </message>
        <message>
            <source>Also get torch from this index instead of PyTorch's</source>
            <translation>auch torch von dort, nicht aus dem Index von PyTorch</translation>
        </message>
        <message>
            <source>automatic</source>
            <translation>was dieser Rechner hat</translation>
        </message>
        <message>
            <source>Check this machine</source>
            <translation>Diesen Rechner prüfen</translation>
        </message>
        <message>
            <source>Install</source>
            <translation>Installieren</translation>
        </message>
        <message>
            <source>sargeo works in a Python of its own; that of QGIS stays as it is. Nothing is fetched before you have seen the plan and pressed Install.</source>
            <translation>sargeo arbeitet in einem eigenen Python; das von QGIS bleibt unverändert. Es wird nichts heruntergeladen, bevor Sie den Plan gesehen und auf „Installieren“ geklickt haben.</translation>
        </message>
        <message>
            <source>Wheel or offline bundle, if there is one</source>
            <translation>Wheel oder Offline-Paket, falls vorhanden</translation>
        </message>
        <message>
            <source>Package index, if not PyPI</source>
            <translation>Paketindex, falls nicht PyPI</translation>
        </message>
        <message>
            <source>Base Python, if none is found</source>
            <translation>Basis-Python, falls keines gefunden wird</translation>
        </message>
        <message>
            <source>Run on</source>
            <translation>Rechnen auf</translation>
        </message>
        <message>
            <source>Checking this machine…</source>
            <translation>Dieser Rechner wird geprüft…</translation>
        </message>
        <message>
            <source>Planning an environment for sargeo</source>
            <translation>Planung einer Umgebung für sargeo</translation>
        </message>
        <message>
            <source>Creating an environment for sargeo</source>
            <translation>Erstellen einer Umgebung für sargeo</translation>
        </message>
        <message>
            <source>QGIS ended the run without saying why.</source>
            <translation>QGIS hat den Lauf ohne Angabe von Gründen beendet.</translation>
        </message>
        <message>
            <source>Scene</source>
            <translation>Szene</translation>
        </message>
        <message>
            <source>whole scene</source>
            <translation>ganze Szene</translation>
        </message>
        <message>
            <source>Only what the map canvas shows</source>
            <translation>Nur aktueller Kartenausschnitt</translation>
        </message>
        <message>
            <source>such as db, vv, vh</source>
            <translation>z. B. db, vv, vh</translation>
        </message>
        <message>
            <source>Estimate time and memory</source>
            <translation>Zeit- und Speicherbedarf schätzen</translation>
        </message>
        <message>
            <source>All options…</source>
            <translation>Alle Optionen…</translation>
        </message>
        <message>
            <source>Map the scene</source>
            <translation>Szene kartieren</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Output folder</source>
            <translation>Ausgabeordner</translation>
        </message>
        <message>
            <source>Options</source>
            <translation>Optionen</translation>
        </message>
        <message>
            <source>What the map canvas shows has no place in {crs}, in which the scene is.</source>
            <translation>Der Kartenausschnitt lässt sich nicht in {crs}, das System der Szene, umrechnen.</translation>
        </message>
        <message>
            <source>Zoom to the scene, or map more than the map canvas shows.</source>
            <translation>Zoomen Sie auf die Szene, oder kartieren Sie mehr als den Kartenausschnitt.</translation>
        </message>
        <message>
            <source>Reading the scene…</source>
            <translation>Einlesen der Szene…</translation>
        </message>
        <message>
            <source>Estimating time and memory…</source>
            <translation>Schätzung von Zeit- und Speicherbedarf…</translation>
        </message>
        <message>
            <source>Mapping itself runs on {host}.</source>
            <translation>Die Kartierung selbst läuft auf {host}.</translation>
        </message>
        <message>
            <source>Choose a raster layer or a file.</source>
            <translation>Wählen Sie einen Rasterlayer oder eine Datei.</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>Öffnen</translation>
        </message>
        <message>
            <source>Show folder</source>
            <translation>Ordner anzeigen</translation>
        </message>
        <message>
            <source>Repeat</source>
            <translation>Wiederholen</translation>
        </message>
        <message>
            <source>Copy as sargeo command</source>
            <translation>sargeo-Befehl kopieren</translation>
        </message>
        <message>
            <source>Copy diagnostics</source>
            <translation>Diagnose kopieren</translation>
        </message>
        <message>
            <source>Clear history</source>
            <translation>Historie leeren</translation>
        </message>
        <message>
            <source>Started</source>
            <translation>Beginn</translation>
        </message>
        <message>
            <source>Duration</source>
            <translation>Dauer</translation>
        </message>
        <message>
            <source>Status</source>
            <translation>Ergebnis</translation>
        </message>
        <message>
            <source>done</source>
            <translation>fertig</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>gescheitert</translation>
        </message>
        <message>
            <source>cancelled</source>
            <translation>abgebrochen</translation>
        </message>
        <message>
            <source>Check</source>
            <translation>Prüfen</translation>
        </message>
        <message>
            <source>Create…</source>
            <translation>Erstellen…</translation>
        </message>
        <message>
            <source>Repair</source>
            <translation>Reparieren</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>Entfernen</translation>
        </message>
        <message>
            <source>user@host; empty for this machine</source>
            <translation>benutzer@rechner; leer: dieser Rechner</translation>
        </message>
        <message>
            <source>Your own Python with sargeo</source>
            <translation>Eigenes Python, das sargeo enthält</translation>
        </message>
        <message>
            <source>Python or environment</source>
            <translation>Python oder Umgebung</translation>
        </message>
        <message>
            <source>Environment managed by the plugin</source>
            <translation>Von der Erweiterung verwaltete Umgebung</translation>
        </message>
        <message>
            <source>Another machine, via ssh</source>
            <translation>Anderer Rechner, über ssh</translation>
        </message>
        <message>
            <source>Machine</source>
            <translation>Rechner</translation>
        </message>
        <message>
            <source>sargeo command there</source>
            <translation>sargeo dort</translation>
        </message>
        <message>
            <source>Looking for sargeo on {host}…</source>
            <translation>Suche nach sargeo auf {host}…</translation>
        </message>
        <message>
            <source>Looking for sargeo…</source>
            <translation>Suche nach sargeo…</translation>
        </message>
        <message>
            <source>Remove the environment?</source>
            <translation>Umgebung entfernen?</translation>
        </message>
        <message>
            <source>Everything in {folder} is removed.</source>
            <translation>Der gesamte Inhalt von {folder} wird gelöscht.</translation>
        </message>
        <message>
            <source>Removing the environment of sargeo…</source>
            <translation>Entfernen der Umgebung von sargeo…</translation>
        </message>
        <message>
            <source>set by the variable SARGEO_PYTHON</source>
            <translation>festgelegt durch die Variable SARGEO_PYTHON</translation>
        </message>
        <message>
            <source>set here</source>
            <translation>hier festgelegt</translation>
        </message>
        <message>
            <source>managed by the plugin</source>
            <translation>von der Erweiterung verwaltet</translation>
        </message>
        <message>
            <source>this machine</source>
            <translation>diesem Rechner</translation>
        </message>
        <message>
            <source>sargeo was ended from outside.</source>
            <translation>sargeo wurde von außen beendet.</translation>
        </message>
        <message>
            <source>Run it again.</source>
            <translation>Starten Sie den Lauf noch einmal.</translation>
        </message>
        <message>
            <source>Cancelled: sargeo has ended and left no product behind.</source>
            <translation>Abgebrochen: sargeo ist beendet und hat keine Produkte zurückgelassen.</translation>
        </message>
        <message>
            <source>Separated by commas: db, linear or amplitude; vv, vh, hh, hv in the order of the bands; gsd=METRES; platform=NAME.</source>
            <translation>Durch Kommas getrennt: db, linear oder amplitude; vv, vh, hh, hv in der Reihenfolge der Kanäle; gsd=METER; platform=NAME.</translation>
        </message>
        <message>
            <source>Ask a question of a scene</source>
            <translation>Eine Frage an eine Szene stellen</translation>
        </message>
        <message>
            <source>Answers a question of the rectangle around the area. What is larger than one window of the model gets an answer for each window, at most 16 of them.</source>
            <translation>Beantwortet eine Frage zum Rechteck um das Gebiet. Was größer ist als ein Fenster des Modells, bekommt eine Antwort je Fenster, höchstens 16.</translation>
        </message>
        <message>
            <source>Contrast (a cosine) and matching (a probability) tell how well text and place fit together: a text with low ones is a guess.</source>
            <translation>Kontrast (ein Kosinus) und Übereinstimmung (eine Wahrscheinlichkeit) sagen, wie gut Text und Ort zusammenpassen: Ein Text mit niedrigen Werten ist geraten.</translation>
        </message>
        <message>
            <source>Question</source>
            <translation>Frage</translation>
        </message>
        <message>
            <source>In English, such as: how many ships are there?</source>
            <translation>Auf Englisch, etwa: how many ships are there?</translation>
        </message>
        <message>
            <source>Assess accuracy</source>
            <translation>Genauigkeit bewerten</translation>
        </message>
        <message>
            <source>Land cover: confusion matrix, user's and producer's accuracy, accuracy and areas adjusted for the share of each class, with confidence intervals (Olofsson et al. 2014). Objects: precision and recall.</source>
            <translation>Landbedeckung: Konfusionsmatrix, Nutzer- und Produzentengenauigkeit sowie nach den Flächenanteilen der Klassen korrigierte Genauigkeit und Flächen mit Konfidenzintervallen (Olofsson et al. 2014). Objekte: Precision und Recall.</translation>
        </message>
        <message>
            <source>The report holds all metrics as JSON.</source>
            <translation>Der Bericht enthält alle Kennzahlen als JSON.</translation>
        </message>
        <message>
            <source>Reference data</source>
            <translation>Referenzdaten</translation>
        </message>
        <message>
            <source>Reference points or polygons (ground truth).</source>
            <translation>Punkte oder Polygone, die zeigen, was tatsächlich vorhanden ist.</translation>
        </message>
        <message>
            <source>Product</source>
            <translation>Produkt</translation>
        </message>
        <message>
            <source>A land-cover raster (_landcover.tif) or a file of objects (_objects.gpkg).</source>
            <translation>Ein Landbedeckungsraster (_landcover.tif) oder eine Objektdatei (_objects.gpkg).</translation>
        </message>
        <message>
            <source>Holds names or codes of the legend; not needed for objects.</source>
            <translation>Enthält Namen oder Codes der Legende; für Objekte nicht nötig.</translation>
        </message>
        <message>
            <source>Tolerance for objects, in metres</source>
            <translation>Toleranz für Objekte in Metern</translation>
        </message>
        <message>
            <source>Largest distance between a detected and a reference object that match.</source>
            <translation>Bis zu diesem Abstand können zwei Objekte dasselbe sein.</translation>
        </message>
        <message>
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <source>File with all metrics.</source>
            <translation>Datei mit allen Kennzahlen.</translation>
        </message>
        <message>
            <source>Describe what a scene shows</source>
            <translation>Beschreiben, was eine Szene zeigt</translation>
        </message>
        <message>
            <source>Describes the rectangle around the area in words. What is larger than one window of the model is described window by window, at most 16 of them.</source>
            <translation>Beschreibt das Rechteck um das Gebiet in Worten. Was größer ist als ein Fenster des Modells, wird Fenster für Fenster beschrieben, höchstens 16.</translation>
        </message>
        <message>
            <source>Classify by texts</source>
            <translation>Nach Texten klassifizieren</translation>
        </message>
        <message>
            <source>Maps a scene, or an encoded scene, by classes that you name, and how probable each pixel's class is among them. Every pixel gets one of the texts: give one for what the rest is.</source>
            <translation>Kartiert eine Szene oder eine kodierte Szene nach Klassen, die Sie benennen, und wie wahrscheinlich die Klasse jedes Pixels unter ihnen ist. Jedes Pixel bekommt einen der Texte: Geben Sie auch einen für den Rest an.</translation>
        </message>
        <message>
            <source>At least two, each on a line of its own: oil tanks, open water.</source>
            <translation>Mindestens zwei auf Englisch, je einer pro Zeile: oil tanks, open water.</translation>
        </message>
        <message>
            <source>Classes by text</source>
            <translation>Klassen nach Texten</translation>
        </message>
        <message>
            <source>Confidence</source>
            <translation>Konfidenz</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>All facts, as JSON</source>
            <translation>Alle Angaben als JSON</translation>
        </message>
        <message>
            <source>at {lon}, {lat}</source>
            <translation>bei {lon}, {lat}</translation>
        </message>
        <message>
            <source>contrast {contrast}, matching {matching}</source>
            <translation>Kontrast {contrast}, Übereinstimmung {matching}</translation>
        </message>
        <message>
            <source>Encode a scene for texts</source>
            <translation>Eine Szene für Texte kodieren</translation>
        </message>
        <message>
            <source>Encodes a scene once. Choose the file that is written in the place of the scene where you classify or search it by texts: nothing is encoded again then.</source>
            <translation>Kodiert eine Szene einmal. Wählen Sie die geschriebene Datei an Stelle der Szene, wo Sie nach Texten klassifizieren oder suchen: Dann wird nichts noch einmal kodiert.</translation>
        </message>
        <message>
            <source>It only fits the very model that made it.</source>
            <translation>Sie passt nur zu genau dem Modell, das sie gemacht hat.</translation>
        </message>
        <message>
            <source>Encoded scene</source>
            <translation>Kodierte Szene</translation>
        </message>
        <message>
            <source>Export as web map</source>
            <translation>Als Webkarte exportieren</translation>
        </message>
        <message>
            <source>Writes one HTML file with land cover, confidence, objects and the scene, which opens in a browser without network and can be sent by mail.</source>
            <translation>Schreibt eine einzige HTML-Datei mit Landbedeckung, Konfidenz, Objekten und der Szene. Sie lässt sich ohne Netzverbindung im Browser öffnen und per E-Mail versenden.</translation>
        </message>
        <message>
            <source>Web page</source>
            <translation>Webseite</translation>
        </message>
        <message>
            <source>File to write.</source>
            <translation>Die Datei, die geschrieben wird.</translation>
        </message>
        <message>
            <source>Open {page} in a browser.</source>
            <translation>Öffnen Sie {page} im Browser.</translation>
        </message>
        <message>
            <source>Describe a scene</source>
            <translation>Szene beschreiben</translation>
        </message>
        <message>
            <source>Tells what sargeo reads from a scene: grid, polarisations, quantity, scale, share of valid pixels, and whether the model would have it resampled.</source>
            <translation>Gibt an, was sargeo aus einer Szene liest: Gitter, Polarisationen, Messgröße, Skala, Anteil gültiger Pixel und ob für das Modell ein Resampling nötig wäre.</translation>
        </message>
        <message>
            <source>{phase}: {time} left</source>
            <translation>{phase}: noch {time}</translation>
        </message>
        <message>
            <source>{windows} steps with {model} on {device}.</source>
            <translation>{windows} Schritte mit {model} auf {device}.</translation>
        </message>
        <message>
            <source>Mapping {rows} × {cols} pixels in {windows} windows with {model} on {device}.</source>
            <translation>Kartiert werden {rows} × {cols} Pixel in {windows} Rechenfenstern mit {model} auf {device}.</translation>
        </message>
        <message>
            <source>the processor (no graphics card in use)</source>
            <translation>dem Prozessor (ohne Grafikkarte)</translation>
        </message>
        <message>
            <source>graphics card {device}</source>
            <translation>der Grafikkarte {device}</translation>
        </message>
        <message>
            <source>Reading the scene</source>
            <translation>Szene wird gelesen</translation>
        </message>
        <message>
            <source>Mapping</source>
            <translation>Kartierung läuft</translation>
        </message>
        <message>
            <source>Encoding</source>
            <translation>Kodieren</translation>
        </message>
        <message>
            <source>Classifying</source>
            <translation>Klassifizieren</translation>
        </message>
        <message>
            <source>Searching</source>
            <translation>Suchen</translation>
        </message>
        <message>
            <source>Writing the products</source>
            <translation>Produkte werden geschrieben</translation>
        </message>
        <message>
            <source>Creating the web map</source>
            <translation>Webseite wird gezeichnet</translation>
        </message>
        <message>
            <source>Uploading the scene</source>
            <translation>Szene wird übertragen</translation>
        </message>
        <message>
            <source>Downloading the products</source>
            <translation>Produkte werden abgeholt</translation>
        </message>
        <message>
            <source>Map land cover and objects</source>
            <translation>Landbedeckung und Objekte kartieren</translation>
        </message>
        <message>
            <source>Maps a georeferenced SAR scene: land cover in five classes, the confidence of each pixel, ships as points, and their number per cell.</source>
            <translation>Kartiert eine georeferenzierte SAR-Szene: Landbedeckung in fünf Klassen, die Konfidenz jedes Pixels, Schiffe als Punkte und ihre Anzahl je Zelle.</translation>
        </message>
        <message>
            <source>Products keep the scene's grid and coordinate reference system. Sigma nought, gamma nought, beta nought and uncalibrated amplitude are understood; say under “Information missing from the file” what cannot be read from it.</source>
            <translation>Die Produkte behalten Gitter und Koordinatenbezugssystem der Szene. Rückstreuung als Sigma Null, Gamma Null oder Beta Null sowie unkalibrierte Amplitude werden verstanden. Was sich aus der Datei nicht lesen lässt, tragen Sie unter „Fehlende Angaben“ ein.</translation>
        </message>
        <message>
            <source>sargeo runs in its own Python process. Cancelling stops it and leaves no products. Runs are queued.</source>
            <translation>sargeo läuft in einem eigenen Python. Ein Abbruch beendet es und lässt keine Produkte zurück. Mehrere Läufe warten aufeinander.</translation>
        </message>
        <message>
            <source>Objects per cell</source>
            <translation>Objekte je Zelle</translation>
        </message>
        <message>
            <source>Objects</source>
            <translation>Objekte</translation>
        </message>
        <message>
            <source>Number of objects</source>
            <translation>Anzahl der Objekte</translation>
        </message>
        <message>
            <source>Land cover with its confidence, objects with their number per cell.</source>
            <translation>Landbedeckung mit ihrer Konfidenz, Objekte mit ihrer Anzahl je Zelle.</translation>
        </message>
        <message>
            <source>Cell size of the count raster, in metres</source>
            <translation>Zellgröße des Zählrasters in Metern</translation>
        </message>
        <message>
            <source>Rounded to whole pixels of the scene.</source>
            <translation>Wird auf ganze Pixel der Szene gerundet.</translation>
        </message>
        <message>
            <source>Between 0 and 1; left empty, the model's own.</source>
            <translation>Zwischen 0 und 1; leer: der Wert des Modells.</translation>
        </message>
        <message>
            <source>On land means on pixels that this run maps as land.</source>
            <translation>Als Land gilt, was dieser Lauf als Land kartiert.</translation>
        </message>
        <message>
            <source>One file that opens in a browser without network.</source>
            <translation>Eine einzige Datei, die sich ohne Netzverbindung im Browser öffnen lässt.</translation>
        </message>
        <message>
            <source>Run on another machine</source>
            <translation>Auf einem anderen Rechner kartieren</translation>
        </message>
        <message>
            <source>An ssh destination, such as user@host. Leave empty to run on this machine.</source>
            <translation>Wie für ssh: benutzer@rechner. Leer: Dieser Rechner kartiert.</translation>
        </message>
        <message>
            <source>Name of a model, or its folder.</source>
            <translation>Name oder Ordner eines Modells.</translation>
        </message>
        <message>
            <source>auto, cpu, cuda or cuda:1. auto takes the graphics card where there is one.</source>
            <translation>auto, cpu, cuda oder cuda:1. Mit auto wird die Grafikkarte verwendet, falls es eine gibt.</translation>
        </message>
        <message>
            <source>Files are named after the scene.</source>
            <translation>Die Dateien werden nach der Szene benannt.</translation>
        </message>
        <message>
            <source>No output folder is chosen. Choose a folder for the products.</source>
            <translation>Es ist kein Ausgabeordner gewählt. Wählen Sie einen Ordner für die Produkte.</translation>
        </message>
        <message>
            <source>If unticked, a run stops when the folder already holds products of this scene.</source>
            <translation>Andernfalls wird ein Lauf abgelehnt, in dessen Ordner schon Produkte dieser Szene liegen.</translation>
        </message>
        <message>
            <source>Between 0 and 1; left empty, every pixel gets its likeliest class.</source>
            <translation>Zwischen 0 und 1; leer: jedes Pixel erhält seine wahrscheinlichste Klasse.</translation>
        </message>
        <message>
            <source>Polygons to map; pixels outside become nodata.</source>
            <translation>Zu kartierende Polygone; außerhalb stehen Leerwerte.</translation>
        </message>
        <message>
            <source>Extent</source>
            <translation>Ausdehnung</translation>
        </message>
        <message>
            <source>Rectangle to map. With an area of interest, only their intersection is mapped.</source>
            <translation>Zu kartierendes Rechteck. Ist auch ein Interessengebiet angegeben, wird kartiert, was beide abdecken.</translation>
        </message>
        <message>
            <source>Product folder</source>
            <translation>Produktordner</translation>
        </message>
        <message>
            <source>Folder that scenes were mapped to.</source>
            <translation>Ordner, in den Szenen kartiert wurden.</translation>
        </message>
        <message>
            <source>Scene name</source>
            <translation>Name der Szene</translation>
        </message>
        <message>
            <source>Only needed where the folder holds the products of several scenes.</source>
            <translation>Nur nötig, wenn der Ordner die Produkte mehrerer Szenen enthält.</translation>
        </message>
        <message>
            <source>A raster file of one to four polarisations, with a CRS.</source>
            <translation>Eine Rasterdatei mit ein bis vier Polarisationen und mit KBS.</translation>
        </message>
        <message>
            <source>Search scenes by texts</source>
            <translation>Szenen nach Texten durchsuchen</translation>
        </message>
        <message>
            <source>Ranks square places of scenes, or of encoded scenes, by how well they fit a text, and writes the best as polygons in EPSG:4326 with rank, score, scene, longitude and latitude. Of places that overlap, only the best is listed.</source>
            <translation>Ordnet quadratische Orte von Szenen oder kodierten Szenen danach, wie gut sie zu einem Text passen, und schreibt die besten als Polygone in EPSG:4326 mit Rang, Wert, Szene, Länge und Breite. Von Orten, die sich überlappen, steht nur der beste in der Liste.</translation>
        </message>
        <message>
            <source>Scenes</source>
            <translation>Szenen</translation>
        </message>
        <message>
            <source>Scenes, or encoded scenes, in any CRS.</source>
            <translation>Szenen oder kodierte Szenen, in beliebigem KBS.</translation>
        </message>
        <message>
            <source>One or more, each on a line of its own, with a ranking each.</source>
            <translation>Einer oder mehrere auf Englisch, je einer pro Zeile, mit je einer Rangfolge.</translation>
        </message>
        <message>
            <source>How many to list at most.</source>
            <translation>Wie viele höchstens aufgeführt werden.</translation>
        </message>
        <message>
            <source>Places step by half of it.</source>
            <translation>Orte liegen um die Hälfte davon auseinander.</translation>
        </message>
        <message>
            <source>Places</source>
            <translation>Orte</translation>
        </message>
        <message>
            <source>A GeoPackage, GeoJSON, or a table as CSV.</source>
            <translation>Ein GeoPackage, GeoJSON oder eine Tabelle als CSV.</translation>
        </message>
        <message>
            <source>{count} places found.</source>
            <translation>{count} Orte gefunden.</translation>
        </message>
        <message>
            <source>Tells which Python holds sargeo, its versions, devices and memory, and what is missing. A report of an error needs what it prints.</source>
            <translation>Gibt an, welches Python sargeo enthält, die Versionen, Geräte und den Arbeitsspeicher und was fehlt. Fügen Sie die Ausgabe jedem Fehlerbericht bei.</translation>
        </message>
        <message>
            <source>It always completes: READY says whether scenes can be mapped, ACTION what to do first.</source>
            <translation>Dieser Algorithmus scheitert nie: READY gibt an, ob Szenen kartiert werden können, ACTION, was zuerst zu tun ist.</translation>
        </message>
        <message>
            <source>Ready to map</source>
            <translation>Bereit zum Kartieren</translation>
        </message>
        <message>
            <source>What to do first</source>
            <translation>Was zuerst zu tun ist</translation>
        </message>
        <message>
            <source>Python with sargeo</source>
            <translation>Python, das sargeo enthält</translation>
        </message>
        <message>
            <source>Version of sargeo</source>
            <translation>Version von sargeo</translation>
        </message>
        <message>
            <source>Areas and counts by polygon</source>
            <translation>Flächen und Objektzahlen je Polygon</translation>
        </message>
        <message>
            <source>For each polygon: hectares and share of every class, measured on the ellipsoid, mean confidence, share without data, and the number of objects of each kind.</source>
            <translation>Für jedes Polygon: Hektar und Anteil jeder Klasse, gemessen auf dem Ellipsoid, mittlere Konfidenz, Anteil ohne Daten und die Anzahl der Objekte jeder Art.</translation>
        </message>
        <message>
            <source>Polygons</source>
            <translation>Polygone</translation>
        </message>
        <message>
            <source>Zones, in any CRS.</source>
            <translation>Die Zonen, in einem beliebigen KBS.</translation>
        </message>
        <message>
            <source>Zones with areas and counts</source>
            <translation>Zonen mit Flächen und Objektzahlen</translation>
        </message>
        <message>
            <source>A GeoPackage with the shapes, or a table as CSV.</source>
            <translation>Ein GeoPackage mit den Geometrien oder eine Tabelle als CSV.</translation>
        </message>
        <message>
            <source>{count} zones measured.</source>
            <translation>Gemessene Zonen: {count}.</translation>
        </message>
        <message>
            <source>Confidence (%)</source>
            <translation>Konfidenz (%)</translation>
        </message>
        <message>
            <source>Confidence of classes by text (%)</source>
            <translation>Konfidenz der Klassen nach Texten (%)</translation>
        </message>
    </context>
</TS>
