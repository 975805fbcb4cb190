namespace MeaiBudget;

/// <summary>Implemented by clients and generators that know whether their requests pass a <see cref="ChatWireHandler"/>.</summary>
internal interface IWireObserver
{
    /// <summary>Gets a value indicating whether every request is certain to pass the handler.</summary>
    bool SeesWire { get; }
}
