using MeaiBudget;

// "make FOLDER" writes the tables of each vocabulary to a file, with room to move them within a resource. "align ASSEMBLY" moves them there.
switch (args)
{
    case ["make", string folder]:
        return TableFiles.Make(folder);
    case ["align", string assembly]:
        return TableAlignment.Align(assembly);
    default:
        Console.Error.WriteLine("Usage: make FOLDER, or align ASSEMBLY.");
        return 2;
}
