//! How fast messages are made. The figure is printed; the bound is far below it, for busy machines.

use simulate::Simulation;
use std::time::Instant;

#[test]
fn messages_are_made_faster_than_they_can_be_taken_in() {
    let start = Instant::now();
    let (mut resources, mut bytes) = (0_u64, 0_u64);
    for message in Simulation::new(1, 300).messages() {
        resources += u64::from(message.resources);
        if let simulate::Request::Bundle(body) = message.request {
            bytes += body.len() as u64;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = resources as f64 / seconds;
    println!("{resources} resources, {bytes} bytes in {seconds:.2} s: {rate:.0} resources/s");
    assert!(rate > 1500.0, "{rate:.0} resources/s");
}
