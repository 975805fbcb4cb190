#pragma warning disable IDE0130 // The name is what is read.
namespace Polly.CircuitBreaker;
#pragma warning restore IDE0130

/// <summary>Stands for Polly's exception of the same name, which is known by its name only.</summary>
internal sealed class BrokenCircuitException() : Exception("The circuit is now open and is not allowing calls.");
