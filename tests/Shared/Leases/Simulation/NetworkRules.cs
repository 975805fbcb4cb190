namespace MeaiBudget.Simulation;

/// <summary>How good the network is.</summary>
/// <param name="Latency">The usual time of one way.</param>
/// <param name="Lost">How likely a message is lost.</param>
/// <param name="Repeated">How likely an exchange arrives a second time, late.</param>
internal sealed record NetworkRules(TimeSpan Latency, double Lost, double Repeated);
