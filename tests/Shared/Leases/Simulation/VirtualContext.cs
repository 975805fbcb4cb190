namespace MeaiBudget.Simulation;

/// <summary>Runs what continues after an await as an event of the simulation, so that the order is the same in each run.</summary>
internal sealed class VirtualContext(VirtualTime time) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => time.After(TimeSpan.Zero, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}
