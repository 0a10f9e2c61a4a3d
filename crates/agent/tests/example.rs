//! The example file that is delivered is one that the agent reads.

#[test]
fn the_example_is_read() {
    let text = include_str!("../../../deploy/agent.example.toml");
    let settings = agent::Settings::read(text).expect("no findings");
    assert_eq!(settings.action_names(), ["restart-nginx", "clear-cache", "reboot"]);
    // Its other choices are read as well.
    let other = text.replace("#: folder", "folder").replacen("run = [\"psql\"", "#", 1);
    let other = other.replace("#: run = ", "# ");
    assert!(agent::Settings::read(&other).is_ok(), "{:?}", agent::Settings::read(&other).err());
}
