//! Where residents live: a table of places.

use std::io::Read;

use csv::StringRecord;
use demand::RowFault;
use passes::Fault;

const COLUMNS: [&str; 5] = ["geonames_id", "name", "latitude_deg", "longitude_deg", "population"];
/// A request names its place in 16 bits, and the rural remainder needs a number too.
const MOST_PLACES: usize = u16::MAX as usize;
/// The name of the place that stands for everyone outside the listed ones.
const REMAINDER: &str = "Rural remainder";

/// An inhabited place. Its number is its index in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The number in the GeoNames gazetteer; none for the rural remainder.
    pub geonames_id: Option<u32>,
    /// The name.
    pub name: String,
    /// Degrees north (WGS 84).
    pub latitude_deg: f64,
    /// Degrees east (WGS 84).
    pub longitude_deg: f64,
    /// How many people live there.
    pub residents: u32,
}

/// A places file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// Its content is wrong; all faults, at most [`RowFault::MOST`].
    #[error("{}", RowFault::lines(.0))]
    Faults(Vec<RowFault>),
    /// It cannot be read at all.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// Reads the table `geonames_id,name,latitude_deg,longitude_deg,population`. Lines that begin with `#` are comments.
///
/// # Errors
/// [`PlacesError::Faults`] with every broken row by line and column, or [`PlacesError::Csv`] when the file is no CSV.
pub fn read_places(from: impl Read) -> Result<Vec<Place>, PlacesError> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).trim(csv::Trim::All).from_reader(from);
    let header = reader.headers()?.clone();
    let header_line = header.position().map_or(1, csv::Position::line);
    if header.iter().ne(COLUMNS) {
        let message = format!("the columns are {}", COLUMNS.join(","));
        return Err(PlacesError::Faults(vec![RowFault { line: header_line, column: "", message }]));
    }
    let mut places = Vec::new();
    let mut faults = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? && faults.len() < RowFault::MOST {
        places.extend(row(&record, &mut faults));
    }
    if faults.is_empty() && !(1..MOST_PLACES).contains(&places.len()) {
        let message = format!("{} places; a region has 1 to {}", places.len(), MOST_PLACES - 1);
        faults.push(RowFault { line: header_line, column: "", message });
    }
    if faults.is_empty() { Ok(places) } else { Err(PlacesError::Faults(faults)) }
}

/// The place of one row; `None` when it has a fault, which is noted.
fn row(record: &StringRecord, faults: &mut Vec<RowFault>) -> Option<Place> {
    let line = record.position().map_or(0, csv::Position::line);
    if record.len() != COLUMNS.len() {
        let message = format!("{} fields where the header has {}", record.len(), COLUMNS.len());
        faults.push(RowFault { line, column: "", message });
        return None;
    }
    let mut fault = |column: usize, what: &str| {
        let message = format!("'{}' is no {what}", &record[column]);
        faults.push(RowFault { line, column: COLUMNS[column], message });
    };
    let geonames_id = record[0].parse().inspect_err(|_| fault(0, "whole number"));
    if record[1].is_empty() {
        fault(1, "name; write one");
    }
    let mut degrees = |column: usize, most: f64| {
        let value = record[column].parse().ok().filter(|value: &f64| value.abs() <= most);
        if value.is_none() {
            fault(column, &format!("number of degrees from -{most} to {most}"));
        }
        value
    };
    let (latitude_deg, longitude_deg) = (degrees(2, 90.0), degrees(3, 180.0));
    let residents = record[4].parse().inspect_err(|_| fault(4, "number of people (a whole number from 0)"));
    Some(Place {
        geonames_id: Some(geonames_id.ok()?),
        name: Some(&record[1]).filter(|name| !name.is_empty())?.to_owned(),
        latitude_deg: latitude_deg?,
        longitude_deg: longitude_deg?,
        residents: residents.ok()?,
    })
}

/// `places` and, when they hold fewer than `residents` people, a last place "Rural remainder" for the others. Towns are not
/// stretched. The remainder lies at the centre of gravity of the region; where its people live is not known more closely.
///
/// # Errors
/// A [`Fault`] of `region.residents` when the places hold more people than that, or nobody lives in the region.
pub fn complete_places(places: &[Place], residents: u32) -> Result<Vec<Place>, Fault> {
    let listed: u64 = places.iter().map(|place| u64::from(place.residents)).sum();
    let fault = |message| Err(Fault::new("region.residents", message));
    if residents == 0 || places.is_empty() {
        return fault("nobody lives in the region; write the number of its residents".to_owned());
    }
    let Some(rest) = u64::from(residents).checked_sub(listed) else {
        return fault(format!("{residents} residents, but the places hold {listed}; write {listed} or more"));
    };
    let mut all = places.to_vec();
    if rest > 0 {
        let mean = |of: fn(&Place) -> f64| {
            let weighted: f64 = places.iter().map(|place| of(place) * f64::from(place.residents)).sum();
            if listed > 0 { weighted / listed as f64 } else { of(&places[0]) }
        };
        all.push(Place {
            geonames_id: None,
            name: REMAINDER.to_owned(),
            latitude_deg: mean(|place| place.latitude_deg),
            longitude_deg: mean(|place| place.longitude_deg),
            residents: rest as u32,
        });
    }
    Ok(all)
}

/// A smaller copy of the region: every place with `to` / `from` of its people, rounded down, so that `from` residents become `to`
/// and [`complete_places`] finds the same share outside the listed places.
pub fn shrink_places(places: &[Place], from: u32, to: u32) -> Vec<Place> {
    let shrunk = |place: &Place| (u64::from(place.residents) * u64::from(to) / u64::from(from.max(1))) as u32;
    places.iter().map(|place| Place { residents: shrunk(place), ..place.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "# GeoNames, CC BY 4.0\ngeonames_id,name,latitude_deg,longitude_deg,population\n";

    #[test]
    fn comments_are_passed_over_and_rows_read() {
        let csv = format!("{HEADER}1,\"Bor, upper\",56.3,44.0,70\n# more\n2,Sarov,54.9,43.3,30\n");
        let places = read_places(csv.as_bytes()).unwrap();
        assert_eq!(places.iter().map(|place| place.residents).collect::<Vec<_>>(), [70, 30]);
        assert_eq!(places[0].name, "Bor, upper");
    }

    #[test]
    fn every_broken_row_is_named() {
        let csv = format!("{HEADER}1,A,95,44,-5\n2,,56,44,7\n3,B,56\n4,C,56,44,7\n");
        let told = read_places(csv.as_bytes()).unwrap_err().to_string();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 4, "{told}");
        assert!(lines[0].starts_with("line 3, column latitude_deg: '95' is no number of degrees"), "{told}");
        assert!(lines[1].starts_with("line 3, column population: '-5' is no"), "{told}");
        assert!(lines[2].starts_with("line 4, column name"), "{told}");
        assert!(lines[3].starts_with("line 5: 3 fields"), "{told}");
        assert!(read_places("a,b\n".as_bytes()).unwrap_err().to_string().contains("the columns are geonames_id"));
        assert!(read_places(HEADER.as_bytes()).unwrap_err().to_string().contains("0 places"));
    }

    #[test]
    fn the_difference_is_rural() {
        let csv = format!("{HEADER}1,A,56,44,70\n2,B,54,42,30\n");
        let places = read_places(csv.as_bytes()).unwrap();
        let all = complete_places(&places, 150).unwrap();
        assert_eq!(all[..2], places);
        assert_eq!((all[2].name.as_str(), all[2].residents, all[2].latitude_deg), ("Rural remainder", 50, 55.4));
        assert_eq!(complete_places(&places, 100).unwrap(), places);
        let fault = complete_places(&places, 99).unwrap_err();
        assert_eq!(fault.key, "region.residents");
        assert!(fault.message.contains("write 100 or more"));
    }

    #[test]
    fn a_shrunk_region_keeps_its_proportions() {
        let csv = format!("{HEADER}1,A,56,44,700\n2,B,54,42,300\n");
        let shrunk = shrink_places(&read_places(csv.as_bytes()).unwrap(), 2_000, 200);
        assert_eq!(shrunk.iter().map(|place| place.residents).collect::<Vec<_>>(), [70, 30]);
    }
}
