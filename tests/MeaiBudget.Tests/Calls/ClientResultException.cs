#pragma warning disable IDE0130 // The name is what is read.
namespace System.ClientModel;
#pragma warning restore IDE0130

/// <summary>Stands for System.ClientModel's exception of the same name, which is known by its name only.</summary>
internal sealed class ClientResultException(string message) : Exception(message);
